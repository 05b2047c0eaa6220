"""What is declared beside what is there: which stands for which, and what is amiss."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.connectors.registration import Declared, Found, Repair, Standing, compare, unknown
from clocks import START

URL = "https://bridge.example.com/webhooks/jira"
DECLARED = Declared(name="Bridge", url=URL, events=frozenset({"a", "b"}), filter="project = ENG")
FOUND = Found(
    id="7",
    name="Bridge",
    url=URL,
    events=DECLARED.events,
    filter="project = ENG",
    enabled=True,
    signed=True,
    bodies=True,
)


@pytest.mark.parametrize(
    ("found", "standing", "detail"),
    [
        (FOUND, Standing.THERE, ""),
        (replace(FOUND, name="Other"), Standing.THERE, ""),
        (replace(FOUND, enabled=False), Standing.DIFFERS, "it is disabled"),
        (replace(FOUND, signed=False), Standing.DIFFERS, "it has no secret"),
        (replace(FOUND, bodies=False), Standing.DIFFERS, "it sends no bodies"),
        (
            replace(FOUND, url="https://old"),
            Standing.MISSING,
            "one of this name sends to https://old",
        ),
        (replace(FOUND, events=frozenset("b")), Standing.DIFFERS, "it lacks a"),
        (replace(FOUND, events=frozenset("abc")), Standing.DIFFERS, "it sends c too"),
        (replace(FOUND, events=frozenset()), Standing.DIFFERS, "it sends every other event too"),
        (replace(FOUND, filter=""), Standing.DIFFERS, "its filter is ''"),
        (replace(FOUND, filter=None, enabled=None, signed=None), Standing.THERE, ""),
        (replace(FOUND, name="Other", url="https://else"), Standing.MISSING, ""),
    ],
)
def test_a_registration_is_there_or_differs_in_what_is_named(
    found: Found, standing: Standing, detail: str
) -> None:
    (one,) = compare([DECLARED], [found], now=START)

    assert (one.standing, one.detail) == (standing, detail)


def test_a_second_one_at_the_same_url_is_extra_and_the_fitting_one_stays() -> None:
    spoilt = replace(FOUND, id="3", enabled=False)

    findings = compare([DECLARED], [spoilt, FOUND], now=START)

    assert [(one.found and one.found.id, one.standing) for one in findings] == [
        ("7", Standing.THERE),
        ("3", Standing.EXTRA),
    ]


def test_what_sends_to_others_is_nobodys_business() -> None:
    strange = replace(FOUND, id="9", name="Chat", url="https://chat.example.com")

    assert [one.standing for one in compare([DECLARED], [FOUND, strange], now=START)] == [
        Standing.THERE
    ]


@pytest.mark.parametrize(
    ("left", "standing"),
    [(timedelta(days=8), Standing.THERE), (timedelta(days=7), Standing.EXPIRES)],
)
def test_one_that_ends_within_a_week_is_to_be_renewed(left: timedelta, standing: Standing) -> None:
    declared = replace(DECLARED, expires=True)
    ends = replace(FOUND, name="", expires=True, expires_at=START + left)

    (one,) = compare([declared], [ends], now=START)

    assert one.standing is standing


def test_each_standing_has_its_repair() -> None:
    (finding,) = unknown([DECLARED], "why")

    repairs = {one: replace(finding, standing=one).repair for one in Standing}

    assert repairs == {
        Standing.THERE: Repair.NOTHING,
        Standing.MISSING: Repair.REGISTER,
        Standing.DIFFERS: Repair.REPLACE,
        Standing.EXPIRES: Repair.RENEW,
        Standing.EXTRA: Repair.REMOVE,
        Standing.UNKNOWN: Repair.NOTHING,
    }
