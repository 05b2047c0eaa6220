"""What follows from the end of a try. Pure."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.action import Repeat
from bridge.connectors.files import NoFile
from bridge.errors import (
    AmbiguousOutcome,
    CredentialError,
    PermanentError,
    TransientError,
)
from bridge.outbox.retry import MAX_RETRY_AFTER, Policy, Tried, backoff, not_found, verdict
from bridge.outbox.tables import State

RANDOM = st.builds(Random, st.integers())
DICE = Random(1)  # noqa: S311  (jitter)
TRIES = st.integers(min_value=1, max_value=500)
TRIED = st.builds(
    Tried,
    repeat=st.sampled_from(Repeat),
    settle=st.floats(0, 600),
    tries=TRIES,
    find_first=st.booleans(),
    misses=st.integers(0, 1),
    called=st.booleans(),
    ambiguous=st.sampled_from(["skip", "repeat"]),
    uncertain=st.booleans(),
)
ERRORS = st.sampled_from(
    [
        TransientError("busy"),
        TransientError("slow down", retry_after=7.0),
        AmbiguousOutcome("cut"),
        PermanentError("no"),
        NoFile("gone"),
        CredentialError("expired"),
        KeyError("ours"),
    ]
)


def test_a_file_that_is_not_there_is_looked_for_again_for_half_a_minute() -> None:
    tried = [Tried(repeat=Repeat.FINDABLE, settle=5.0, tries=number) for number in range(1, 6)]

    found = [verdict(NoFile("gone"), one, Policy(), DICE) for one in tried]

    assert [one.state for one in found] == [State.PENDING] * 4 + [State.DEAD]
    assert (
        timedelta(seconds=20) < sum((one.wait for one in found), timedelta()) < timedelta(minutes=1)
    )


@given(TRIES, RANDOM, st.floats(0.001, 1))
def test_waits_stay_under_the_ceiling(tries: int, random: Random, scale: float) -> None:
    policy = Policy(scale=scale)

    assert timedelta(0) < backoff(policy, tries, random) <= policy.seconds(policy.ceiling)


@given(st.integers(1, 9), RANDOM)
def test_waits_grow_until_they_reach_it(tries: int, random: Random) -> None:
    policy = Policy()

    assert backoff(policy, tries, random) < backoff(policy, tries + 1, random)


@given(TRIED, st.floats(0, 1e9), RANDOM)
def test_retry_after_is_honoured_up_to_a_day(tried: Tried, asked: float, random: Random) -> None:
    found = verdict(TransientError("busy", retry_after=asked), tried, Policy(), random)

    honoured = min(asked, MAX_RETRY_AFTER)
    assert found.state == State.PENDING
    assert not found.spends_try
    assert honoured <= found.wait.total_seconds() + 1e-6 <= honoured + 1.001


@given(ERRORS, TRIED, RANDOM)
def test_every_error_has_an_end_that_says_why(
    error: Exception, tried: Tried, random: Random
) -> None:
    found = verdict(error, tried, Policy(), random)

    assert found.state in {State.PENDING, State.DEAD, State.ACCEPTED}
    assert found.reason
    assert found.kind
    assert found.uncertain or not tried.uncertain or tried.repeat is Repeat.FINDABLE


@given(ERRORS, TRIED, RANDOM)
def test_what_was_to_be_looked_for_still_is(error: Exception, tried: Tried, random: Random) -> None:
    found = verdict(error, tried, Policy(), random)

    assert found.find_first or not tried.find_first
    assert found.misses <= tried.misses


@given(TRIED, RANDOM)
def test_tries_come_to_an_end(tried: Tried, random: Random) -> None:
    policy = Policy(tries=tried.tries)

    for error in (TransientError("busy"), KeyError("ours"), AmbiguousOutcome("cut")):
        assert verdict(error, tried, policy, random).state != State.PENDING


@given(TRIED, RANDOM)
def test_a_lost_answer_is_not_looked_for_before_the_vendor_can_know(
    tried: Tried, random: Random
) -> None:
    found = verdict(AmbiguousOutcome("cut"), tried, Policy(tries=1_000), random)

    if tried.repeat is Repeat.FINDABLE:
        assert found.find_first
        assert found.wait >= timedelta(seconds=tried.settle)


def test_bad_credentials_of_a_part_pause_that_part() -> None:
    tried = Tried(repeat=Repeat.UNSAFE, settle=0, tries=1)

    found = verdict(CredentialError("x", part="channel:a"), tried, Policy(), DICE)

    assert (found.pause, found.part, found.spends_try) == (True, "channel:a", False)


@pytest.mark.parametrize(("misses", "again"), [(0, True), (1, False)])
def test_a_write_is_repeated_after_the_second_find(misses: int, *, again: bool) -> None:
    tried = Tried(repeat=Repeat.FINDABLE, settle=60, tries=1, misses=misses)

    found = not_found(tried, Policy())

    assert (found is not None) is again
    if found:
        assert (found.wait, found.misses) == (timedelta(seconds=60), 1)


def test_the_words_of_a_fault_of_ours_are_kept_out_of_the_log() -> None:
    tried = Tried(repeat=Repeat.SAFE, settle=0, tries=1)

    found = verdict(ValueError("Anna Miller"), tried, Policy(), DICE)

    assert (found.reason, found.code, found.kind) == ("bug: ValueError", "ValueError", "bug")
