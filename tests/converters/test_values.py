"""Days, moments, numbers, money, boxes, labels and people on their way to the other end."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.converters.amounts import Money, Number
from bridge.converters.contract import NotCarried
from bridge.converters.dates import Date, Moment
from bridge.converters.labels import Labels
from bridge.converters.people import User
from bridge.converters.plain import Checkbox, Line
from bridge.converters.registry import CONVERTERS
from converters.trips import CASE, ISSUE, Known, to_jira, to_salesforce

SHANGHAI = Date(moments={"salesforce": ZoneInfo("Asia/Shanghai")})
DAYS = st.dates(min_value=datetime(1900, 1, 1).date()).map(lambda day: f"{day}T00:00:00Z")  # noqa: DTZ001
ZONES = st.sampled_from(["Asia/Shanghai", "America/Los_Angeles", "Pacific/Apia", "Europe/Madrid"])


def test_a_day_is_the_same_day_at_the_other_end() -> None:
    assert Date()("2026-12-01T00:00:00Z", to_jira()) == "2026-12-01T00:00:00Z"


def test_a_moment_falls_on_the_day_of_its_own_zone() -> None:
    assert SHANGHAI("2026-12-01T22:30:00Z", to_jira()) == "2026-12-02T00:00:00Z"


def test_a_day_becomes_the_first_moment_of_it_in_that_zone() -> None:
    assert SHANGHAI("2026-12-02T00:00:00Z", to_salesforce()) == "2026-12-01T16:00:00Z"


def test_a_moment_that_is_on_that_day_already_stays_as_it_is() -> None:
    there = "2026-12-01T22:30:00Z"

    assert SHANGHAI("2026-12-02T00:00:00Z", to_salesforce(there)) == there


@given(DAYS, ZONES)
def test_a_day_comes_back_as_the_same_day_whatever_the_zone(day: str, zone: str) -> None:
    date = Date(moments={"salesforce": ZoneInfo(zone)})
    try:
        there = date(day, to_salesforce())
    except NotCarried:
        return  # beyond the last day of the calendar

    assert date(there, to_jira()) == day


def test_a_zone_that_does_not_exist_is_refused_with_its_name() -> None:
    with pytest.raises(ValidationError, match="no such time zone: 'Europe/Atlantis'"):
        Date.model_validate({"moments": {"salesforce": "Europe/Atlantis"}})


def test_a_text_that_is_no_date_is_not_carried() -> None:
    with pytest.raises(NotCarried, match="ISO 8601"):
        Date()("soon", to_jira())


@given(st.datetimes(timezones=st.timezones()), st.integers(0, 999))
def test_a_moment_keeps_its_second_and_nothing_below(at: datetime, fraction: int) -> None:
    exact = at.replace(microsecond=0)
    try:
        carried = Moment()(exact.isoformat(), to_jira())
    except NotCarried:
        return  # outside of the calendar in UTC

    later = exact + timedelta(milliseconds=fraction)
    assert Moment().normal(later.isoformat(), ISSUE) == carried


def test_money_of_another_currency_is_not_carried() -> None:
    value = {"amount": "5", "currency": "EUR"}

    with pytest.raises(NotCarried, match="EUR is none in USD") as refused:
        Money()(value, to_salesforce({"amount": "4", "currency": "USD"}))

    assert refused.value.code == "currency"


def test_a_bare_number_has_the_currency_that_the_sync_names() -> None:
    money = Money(currencies={"jira": "CNY"})

    assert money(1234.565, to_salesforce()) == {"amount": "1234.57", "currency": "CNY"}


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15))
def test_an_amount_comes_back_as_it_was_sent(amount: Decimal) -> None:
    once = Money()({"amount": str(amount), "currency": "EUR"}, to_jira())

    assert Money()(once, to_salesforce()) == once


@pytest.mark.parametrize("value", ["many", "1e400", "nan", True, {"amount": None}])
def test_what_is_no_amount_is_not_carried(value: object) -> None:
    with pytest.raises(NotCarried):
        Money()(value, to_jira())


def test_numbers_are_rounded_half_up_and_have_no_negative_zero() -> None:
    assert Number(scale=1)(2.25, to_jira()) == 2.3
    assert str(Number(scale=1)(-0.01, to_jira())) == "0.0"


def test_two_numbers_that_differ_beyond_what_is_kept_are_the_same() -> None:
    assert Number(scale=2).normal(1.0004, CASE) == Number(scale=2).normal("1", ISSUE)


@pytest.mark.parametrize(
    ("word", "flag"), [("Yes", True), ("0", False), (True, True), ("off", False)]
)
def test_a_box_takes_words_for_yes_and_no(word: object, flag: bool) -> None:
    assert Checkbox()(word, to_salesforce()) is flag


def test_a_box_that_is_empty_is_not_ticked() -> None:
    assert Checkbox().normal(None, CASE) == Checkbox().normal(False, ISSUE)


def test_a_box_takes_no_other_word() -> None:
    with pytest.raises(NotCarried, match="neither yes nor no"):
        Checkbox()("perhaps", to_salesforce())


def test_words_become_labels_and_the_words_that_they_stand_for_again() -> None:
    assert Labels()("Big Customer;Late", to_jira()) == ["Big-Customer", "Late"]
    there = ["Big Customer", "Late"]
    assert Labels()(["Late", "Big-Customer", "new"], to_salesforce(there)) == [
        "Late", "Big Customer", "new",
    ]  # fmt: skip


def test_words_in_another_order_are_the_same() -> None:
    assert Labels().normal("Late;Big Customer", CASE) == Labels().normal(
        ["Big-Customer", "Late"], ISSUE
    )


@given(st.lists(st.text(max_size=300)))
def test_every_label_is_one_that_jira_takes(words: list[str]) -> None:
    for label in Labels()(words, to_jira()):
        assert 0 < len(label) <= 255
        assert not any(sign.isspace() for sign in label)


def test_a_line_has_no_line_ends_and_no_blanks_at_its_edges() -> None:
    assert Line()(" Export\r\n loses  rows ", to_jira()) == "Export loses rows"


def test_a_person_is_the_account_that_people_yaml_knows() -> None:
    who = Known({("jira", "712020:1f0c", "salesforce"): "005Hs000007PqRsIAK"})

    carried = User()({"id": "712020:1f0c", "name": "Dana"}, to_salesforce(directory=who))

    assert carried == {"id": "005Hs000007PqRsIAK"}


def test_a_person_whom_nobody_knows_is_not_carried_and_not_named() -> None:
    with pytest.raises(NotCarried, match=r"people\.yaml") as refused:
        User()({"id": "712020:1f0c", "name": "Dana"}, to_salesforce())

    assert refused.value.code == "person"
    assert "Dana" not in str(refused.value)


def test_each_converter_is_found_by_its_name() -> None:
    assert {name: converter.name for name, converter in CONVERTERS.items()} == {
        name: name for name in CONVERTERS
    }
