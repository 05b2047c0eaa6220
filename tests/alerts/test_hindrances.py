"""What is not told now: silences, quiet hours, business hours, and a cap. Nothing of it is lost."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.siren import LASTS, Siren
from bridge.alerts import matcher, silences
from bridge.alerts.matcher import Matcher
from bridge.calendars import Calendar
from bridge.calendars.span import Span
from bridge.db import Database
from bridge.errors import Malformed
from clocks import FakeClock
from pipeline.town import Town

SHANGHAI = Calendar(
    zone=ZoneInfo("Asia/Shanghai"), country="CN", quiet_hours=(Span(22 * 60, 8 * 60),)
)
EVENING = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai, a Thursday
MAKE_UP = datetime(
    2026, 2, 14, 2, 0, tzinfo=UTC
)  # a Saturday that is worked, before Spring Festival
LABELS = {"rule": "outage", "severity": "high", "feedback.product": "Router 9"}


@pytest.fixture
def office(database: Database) -> Siren:
    """A siren that knows how Shanghai works; its night begins."""
    town = Town(database=database, clock=FakeClock(EVENING), calendars={"default": SHANGHAI})
    return Siren(town=town)


def test_what_is_silenced_is_not_told_and_what_lasts_is_told_when_that_ends(
    siren: Siren,
) -> None:
    siren.live_by(f"group_by: [feedback.product], {LASTS}")
    siren.silence('feedback.product="Router"', hours=1)

    siren.critical("1", product="Router")
    siren.critical("2", product="Phone")
    siren.wait(60)
    assert siren.chat == ["Phone: new case 2"]
    siren.wait(3_600)

    assert siren.chat[1:] == ["Router: new case 1"]
    assert siren.town.counted.alerts == {"silenced": 1, "sent": 2, "told": 2}


def test_a_silence_that_is_ended_early_lets_speak_at_once(siren: Siren) -> None:
    siren.live_by(LASTS)
    silence = siren.silence("rule=outage", hours=8)
    siren.critical("1")
    siren.wait(60)

    siren.end_silence(silence)
    siren.wait(0)

    assert siren.chat == ["outage: new case 1"]


def test_a_silenced_notice_passes_and_names_its_silence(siren: Siren) -> None:
    siren.live_by("group_wait: 30s")
    silence = siren.silence("rule=~out.*", hours=1)

    siren.critical("1")
    siren.wait(60)
    siren.wait(7_200)

    assert siren.chat == []
    assert [row.reason for row in siren.alerts()] == [f"silenced by {silence}"]


def test_what_comes_in_quiet_hours_is_told_in_one_card_at_their_end(office: Siren) -> None:
    office.live_by(f"group_by: [feedback.product], quiet_hours: default, {LASTS}")

    office.critical("1", product="Router")
    office.critical("2", product="Phone")
    office.critical("3", product="Fax")
    office.wait(60)
    office.calm("3")
    office.wait(9 * 3_600 - 62)
    assert office.chat == []
    office.wait(2)

    (card,) = office.chat
    assert card.startswith("outage, 3 groups: new case 1, new case 2, resolved case 3")
    assert card.endswith("(Kept back until now: quiet hours.)")
    counted = {"sent": 1, "told": 3, "grouped": 2, "quiet": 3}
    assert office.town.counted.alerts == counted


def test_for_is_judged_when_its_time_is_over_also_in_quiet_hours(office: Siren) -> None:
    office.live_by("for: 10m, quiet_hours: default")
    office.critical("1")
    office.critical("2")

    office.wait(300)
    office.calm("1")
    office.wait(600)
    office.critical("1")
    office.wait(10 * 3_600)

    assert office.chat == ["outage: new case 2, new case 1 (Kept back until now: quiet hours.)"]
    assert sum("`for`" in row.reason for row in office.alerts()) == 1


def test_business_hours_know_a_make_up_workday(database: Database) -> None:
    town = Town(database=database, clock=FakeClock(MAKE_UP), calendars={"default": SHANGHAI})
    siren = Siren(town=town)
    siren.live_by("business_hours: default, group_wait: 0s")
    siren.critical("1")
    assert siren.chat == ["outage: new case 1"]

    siren.wait(12 * 3_600)  # Saturday night; the holiday lasts until the 23rd
    siren.critical("2")
    siren.wait(8 * 86_400)
    assert len(siren.chat) == 1
    siren.wait(36 * 3_600)

    assert siren.chat[1:] == ["outage: new case 2 (Kept back until now: nobody at work.)"]


def test_beyond_the_cap_what_comes_is_told_together_when_there_is_room(siren: Siren) -> None:
    siren.live_by("group_by: [feedback.number], group_wait: 0s, cap: {cards: 3, per: 1h}")

    for number in range(40):
        siren.critical(str(number))
    siren.wait(3_600)

    *own, last, together = siren.chat
    assert own == ["0: new case 0", "1: new case 1"]
    assert last.startswith("2: new case 2 (This is card 3 of 3 in 1h: what follows is told")
    assert together.count("new case") == 37
    assert "Kept back until now: no more than 3 in 1h." in together
    counted = {"sent": 4, "told": 40, "grouped": 36, "capped": 37}
    assert siren.town.counted.alerts == counted


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("rule=outage", True),
        ('rule = "outage"', True),
        ("rule!=outage", False),
        ('severity=~"high|critical"', True),
        ("severity=~hig", False),
        ("severity!~low", True),
        ('feedback.product="Router 9"', True),
        ("nothing=", True),
        ("nothing!=", False),
    ],
)
def test_a_matcher_fits_a_whole_value(said: str, *, fits: bool) -> None:
    found = matcher.parse(said)

    assert found.fits(LABELS) is fits
    assert matcher.parse(str(found)) == found


@pytest.mark.parametrize("said", ["", "rule", "=x", 'rule=~"("', "rule=~(?<x", "a" * 500 + "=b"])
def test_what_is_no_matcher_is_refused(said: str) -> None:
    with pytest.raises(Malformed, match=r"no matcher|no regular expression"):
        matcher.parse(said)


def test_a_hostile_regular_expression_takes_no_time() -> None:
    found = Matcher(label="x", sign="=~", value="(a+)+$")

    assert not found.fits({"x": "a" * 200 + "!"})


def test_of_several_silences_the_one_that_ends_last_counts() -> None:
    now = EVENING
    labels: Mapping[str, str] = {"rule": "outage"}
    fits = [matcher.parse("rule=outage")]
    last = silences.Silence(id="b", matchers=fits, ends_at=now + timedelta(hours=2))
    first = silences.Silence(id="a", matchers=fits, ends_at=now + timedelta(hours=1))

    assert silences.silencing([last, first], labels) == last
