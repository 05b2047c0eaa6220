"""Re-reads and the breaker: a vendor that is away is not asked for each message, and blocks no other."""

from datetime import timedelta

import pytest

from bridge.errors import CredentialError
from bridge.outbox import breaker
from bridge.pipeline.asking import AGAIN, PROBED, UNASKED
from pipeline.away import Line
from pipeline.town import SOURCES, Town

WHOLE = SOURCES.replace("as: feedback\n", "as: feedback\n    reread: true\n", 1)
ENOUGH = UNASKED + timedelta(seconds=1)


@pytest.fixture
def line(small_town: Town) -> Line:
    """What the CRM is read by; cases 1 to 9 are there."""
    small_town.live_by(sources=WHOLE)
    stamp = small_town.clock.now()
    small_town.crm.records = {str(one): {"Title": "T", "stamp": stamp} for one in range(1, 10)}
    small_town.crm.reads = line = Line()
    return line


@pytest.fixture
def away(small_town: Town, line: Line) -> list[str]:
    """The CRM answers 503, and was asked until its breaker opened: the messages about cases 1 to 8."""
    line.status = 503
    told = [small_town.case(str(one)) for one in range(1, 9)]
    for _ in range(breaker.FAILURES):
        small_town.intake.drain()
        small_town.clock.advance(ENOUGH)
    return told


def test_one_drain_asks_a_vendor_that_does_not_answer_once_and_goes_on_with_the_others(
    small_town: Town, line: Line
) -> None:
    line.status = 0
    waiting = [small_town.case(str(one)) for one in range(1, 6)]
    other = small_town.issue("7", summary="From elsewhere")

    small_town.intake.drain()

    assert line.calls == 1
    assert {small_town.message(one).state for one in waiting} == {"pending"}
    assert {small_town.message(one).claims for one in waiting} == {0}
    assert small_town.message(other).state == "translated"


def test_those_that_were_not_asked_come_before_the_one_that_got_no_answer(
    small_town: Town, line: Line
) -> None:
    """It may be what cannot be answered: then it must not keep the others for ever."""
    line.statuses = {1: 504}
    guilty, *others = [small_town.case(str(one)) for one in range(1, 4)]
    small_town.intake.drain()

    small_town.clock.advance(ENOUGH)
    small_town.intake.drain()

    assert {small_town.message(one).state for one in others} == {"translated"}
    assert small_town.message(guilty).state == "pending"


@pytest.mark.usefixtures("away")
def test_reads_that_fail_open_the_breaker_and_nothing_more_is_asked(
    small_town: Town, line: Line
) -> None:
    small_town.intake.drain()

    assert (small_town.connection("crm").state, line.calls) == ("broken", breaker.FAILURES)
    assert "crm does not answer" in small_town.said.down["breaker:crm"]


def test_one_message_probes_a_vendor_that_was_away_and_all_go_when_it_answers(
    small_town: Town, line: Line, away: list[str]
) -> None:
    line.status = 200

    small_town.clock.advance(AGAIN)
    small_town.intake.drain()
    small_town.clock.advance(AGAIN)
    small_town.intake.drain()

    assert small_town.connection("crm").state == "open"
    assert {small_town.message(one).state for one in away} == {"translated"}
    assert small_town.said.lifted == ["breaker:crm"]


@pytest.mark.usefixtures("away")
def test_a_message_whose_record_is_never_answered_is_not_the_probe_each_time(
    small_town: Town, line: Line
) -> None:
    line.statuses = {breaker.FAILURES + 1: 503}  # of the first probe, whoever it is
    line.status = 200

    small_town.clock.advance(AGAIN)
    small_town.intake.drain()
    probed = line.calls
    small_town.clock.advance(AGAIN)
    small_town.intake.drain()

    assert (probed, small_town.connection("crm").state) == (breaker.FAILURES + 1, "open")
    assert breaker.CEILING + timedelta(seconds=30) < PROBED


def test_what_a_person_has_paused_is_not_asked(small_town: Town, line: Line) -> None:
    small_town.pause("crm")
    told = small_town.case("1")

    small_town.intake.drain()

    assert line.calls == 0
    assert small_town.message(told).reason == "re-read again later: crm is not called now"


def test_a_read_with_good_credentials_ends_the_pause_of_bad_ones(
    small_town: Town, line: Line
) -> None:
    small_town.crm.trouble.append(CredentialError("401"))
    told = small_town.case("1")
    small_town.intake.drain()
    paused = small_town.connection("crm").state

    small_town.clock.advance(PROBED)
    small_town.intake.drain()

    assert (paused, small_town.connection("crm").state) == ("credentials", "open")
    assert small_town.message(told).state == "translated"
    assert small_town.said.lifted == ["connection:crm"]


def test_no_read_begins_that_may_outlast_the_lease_of_its_message(
    small_town: Town, line: Line
) -> None:
    slow, late = small_town.case("1"), small_town.case("2")
    waits = iter([small_town.intake.term])
    line.meanwhile = lambda: small_town.clock.advance(next(waits))

    small_town.intake.drain()

    assert line.calls == 1
    assert small_town.message(slow).state == "translated"
    assert "its claim ends too soon" in small_town.message(late).reason
