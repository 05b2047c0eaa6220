"""What a group of alerts says, and when: whatever happens to it, in any order."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.story import Story
from bridge.alerts.machine import BEFORE_TOLD, SILENCED, Alert, State, Terms, look
from clocks import START

MINUTE = timedelta(minutes=1)
NAMES = st.sampled_from("abc")
LENGTHS = st.integers(1, 90).map(lambda minutes: minutes * MINUTE)
TERMS = st.builds(
    Terms,
    wait=st.sampled_from([timedelta(0), timedelta(seconds=30), 10 * MINUTE]),
    interval=st.sampled_from([timedelta(0), 5 * MINUTE]),
    repeat=st.sampled_from([5 * MINUTE, 60 * MINUTE]),
    lasts=st.booleans(),
)
WITHOUT_HINDRANCE = st.one_of(
    st.tuples(st.just("raise_"), NAMES),
    st.tuples(st.just("resolve"), NAMES),
    st.tuples(st.just("pass_"), LENGTHS),
)
ANYTHING = st.one_of(
    WITHOUT_HINDRANCE,
    st.tuples(st.just("shut"), LENGTHS),
    st.tuples(st.just("mute"), NAMES, LENGTHS),
    st.tuples(st.just("look")),
)


@given(TERMS, st.lists(ANYTHING, max_size=30))
def test_two_cards_of_a_group_are_an_interval_apart(
    terms: Terms, told: list[tuple[object, ...]]
) -> None:
    story = Story(terms=terms)

    for name, *more in told:
        getattr(story, str(name))(*more)
    story.end()

    times = [at for at, _ in story.cards]
    assert all(after - before >= terms.interval for before, after in pairwise(times))


@given(TERMS, st.lists(ANYTHING, max_size=30))
def test_nothing_is_lost(terms: Terms, told: list[tuple[object, ...]]) -> None:
    story = Story(terms=terms)

    for name, *more in told:
        getattr(story, str(name))(*more)
    story.end()

    assert story.there == {}
    for one in story.raised:
        ended = [one in telling.resolved for _, telling in story.cards]
        if not story.tellings(one) and not any(ended):
            assert story.over[one] in {BEFORE_TOLD, SILENCED}
            assert one not in story.held or story.over[one] == SILENCED


@given(TERMS, st.lists(WITHOUT_HINDRANCE, max_size=30))
def test_what_is_not_hindered_is_told_in_time(terms: Terms, told: list[tuple[object, ...]]) -> None:
    story = Story(terms=terms)

    for name, *more in told:
        getattr(story, str(name))(*more)
    story.end()

    for one, at in story.raised.items():
        told_at = story.tellings(one)
        assert told_at or story.over[one] == BEFORE_TOLD
        if told_at:
            assert at + terms.wait <= told_at[0] or len(story.raised) > 1
            assert told_at[0] <= at + terms.wait + terms.interval


@given(TERMS, st.lists(ANYTHING, max_size=30))
def test_it_begins_once_and_ends_once(terms: Terms, told: list[tuple[object, ...]]) -> None:
    story = Story(terms=terms)

    for name, *more in told:
        getattr(story, str(name))(*more)
    story.end()

    news = Counter(one for _, telling in story.cards for one in telling.news)
    resolved = Counter(one for _, telling in story.cards for one in telling.resolved)
    assert {*news.values(), *resolved.values()} <= {1}
    assert all(story.tellings(one) or one in story.held for one in resolved)


@given(TERMS, st.lists(ANYTHING, max_size=30))
def test_it_is_told_again_only_after_the_repeat_interval(
    terms: Terms, told: list[tuple[object, ...]]
) -> None:
    story = Story(terms=terms)

    for name, *more in told:
        getattr(story, str(name))(*more)
    story.end()

    for at, telling in story.cards:
        for one in telling.again:
            before = max(time for time in story.tellings(one) if time < at)
            assert at - before >= terms.repeat


@given(TERMS, st.lists(ANYTHING, max_size=30))
def test_a_silence_is_kept_and_a_notice_is_told_no_oftener_than_it_was_seen(
    terms: Terms, told: list[tuple[object, ...]]
) -> None:
    story = Story(terms=terms)

    for name, *more in told:
        getattr(story, str(name))(*more)
    story.end()

    assert story.disturbed == []
    if not terms.lasts:
        assert all(len(story.tellings(one)) <= story.signs[one] for one in story.raised)


@given(TERMS, st.lists(ANYTHING, max_size=30), LENGTHS)
def test_nobody_need_look_before_it_says_so(
    terms: Terms, told: list[tuple[object, ...]], early: timedelta
) -> None:
    story = Story(terms=terms)
    for name, *more in told:
        getattr(story, str(name))(*more)
    story.look()
    there, next_at = list(story.there.values()), story.look_at

    assert next_at is None or next_at > story.now
    at = story.now + early
    if story.shut_until is None and (next_at is None or at < next_at):
        still = look(there, story.told_at, terms, now=at)
        assert (still.telling, still.over) == (None, {})


def test_what_was_held_back_and_ended_meanwhile_is_told_as_ended() -> None:
    story = Story(terms=Terms(repeat=60 * MINUTE, lasts=True))
    story.shut(60 * MINUTE)
    story.raise_("a")
    story.pass_(MINUTE)

    story.resolve("a")
    story.pass_(60 * MINUTE)

    assert [telling.resolved for _, telling in story.cards] == [("a/0",)]


def test_a_silenced_notice_passes_and_a_silenced_alert_waits() -> None:
    notice = Alert(id="n", state=State.FIRING, ready_at=START, muted_until=START + 60 * MINUTE)

    passes = look([notice], None, Terms(repeat=60 * MINUTE), now=START)
    soon = look([notice], None, Terms(wait=MINUTE, repeat=60 * MINUTE), now=START)
    waits = look([notice], None, Terms(repeat=60 * MINUTE, lasts=True), now=START)

    assert passes.over == {"n": SILENCED}
    assert (soon.over, soon.look_at) == ({}, START + MINUTE)
    assert (waits.over, waits.look_at) == ({}, START + 60 * MINUTE)


def test_a_notice_that_was_seen_again_is_told_again() -> None:
    story = Story(terms=Terms(repeat=60 * MINUTE))
    story.raise_("a")
    story.pass_(MINUTE)

    story.raise_("a")
    story.pass_(200 * MINUTE)

    assert [(at - START, telling.again) for at, telling in story.cards] == [
        (timedelta(0), ()),
        (60 * MINUTE, ("a/0",)),
    ]


def test_the_end_of_what_is_silenced_is_not_told() -> None:
    story = Story(terms=Terms(repeat=60 * MINUTE, lasts=True))
    story.raise_("a")
    story.pass_(MINUTE)

    story.mute("a", 10 * MINUTE)
    story.resolve("a")
    story.pass_(20 * MINUTE)

    assert len(story.cards) == 1
    assert story.over == {"a/0": SILENCED}


def test_what_is_pending_is_looked_at_also_while_nothing_may_be_said() -> None:
    due = Alert(id="a", state=State.FIRING, ready_at=START)
    pending = Alert(id="b", state=State.PENDING, ready_at=START + MINUTE)

    step = look([due, pending], None, Terms(lasts=True), now=START, shut_until=START + 60 * MINUTE)

    assert (step.held_back, step.look_at) == (("a",), START + MINUTE)
