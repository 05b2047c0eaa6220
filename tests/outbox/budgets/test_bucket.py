"""Limits that nodes share: never too many in any window, and nearly as many as there may be."""

import hypothesis.strategies as some
import pytest
from hypothesis import given

from bridge.connectors.limits import Reading, Window
from bridge.outbox.budgets import codec
from bridge.outbox.budgets.bucket import Ask, Bucket, read, take
from outbox.budgets.nodes import HOLD, START, Nodes

CHANNEL = (
    Window(most=4, seconds=1),
    Window(most=60, seconds=30),
    Window(most=100, seconds=3_600),
    Window(most=1_800, seconds=86_400),
)
BURST = (Window(most=50, seconds=1),)
HALF_MINUTE = (Window(most=60, seconds=30),)
DAY = Window(most=1_000, seconds=86_400)
Acts = list[tuple[int, float, int, bool]]  # node, seconds later, spends, and whether it then dies


@given(
    windows=some.sampled_from([CHANNEL, BURST, HALF_MINUTE, (*BURST, *HALF_MINUTE)]),
    nodes=some.integers(1, 4),
    acts=some.lists(
        some.tuples(
            some.integers(0, 3),
            some.sampled_from([0.0, 0.01, 0.3, 0.97, 1.0, 1.05, 2.0, 7.0, 40.0]),
            some.integers(0, 120),
            some.sampled_from([False] * 9 + [True]),
        ),
        max_size=80,
    ),
)
def test_no_window_ever_holds_more_than_its_limit_however_many_nodes_share_it(
    windows: tuple[Window, ...], nodes: int, acts: Acts
) -> None:
    all_ = Nodes(windows)
    names = [all_.join() for _ in range(nodes)]

    for node, later, wanted, dies in acts:
        all_.now += later
        all_.spend(names[node % nodes], wanted)
        if dies:
            names[node % nodes] = all_.crash(names[node % nodes])

    for window in windows:
        assert all_.most_in_any(window) <= window.most


@pytest.mark.parametrize("windows", [BURST, HALF_MINUTE], ids=["rate", "slices"])
@pytest.mark.parametrize("early", [0.01, 0.4, 1.1])
def test_what_is_spent_at_the_last_moment_counts_from_then(
    windows: tuple[Window, ...], early: float
) -> None:
    all_ = Nodes(windows)
    first = [all_.join() for _ in range(20)]
    for name in first:
        all_.spend(name, 0)
    all_.now += HOLD - early
    for name in first:
        all_.spend(name, 1_000)

    later = [all_.join(), all_.join()]
    made = all_.keep_busy(later, 2 * windows[0].seconds + 2 * HOLD, step=0.007)

    assert made >= windows[0].most
    assert all_.most_in_any(windows[0]) <= windows[0].most


@pytest.mark.parametrize("nodes", [1, 3])
@pytest.mark.parametrize("windows", [BURST, HALF_MINUTE], ids=["rate", "slices"])
def test_busy_nodes_use_nearly_all_of_a_limit(windows: tuple[Window, ...], nodes: int) -> None:
    all_ = Nodes(windows)
    names = [all_.join() for _ in range(nodes)]
    all_.keep_busy(names, 60)

    made = all_.keep_busy(names, 120)

    assert made >= 0.85 * 120 * windows[0].most / windows[0].seconds


def test_one_busy_node_gets_what_idle_ones_leave() -> None:
    all_ = Nodes(BURST)
    busy, idle = all_.join(), all_.join()
    all_.keep_busy([busy, idle], 10)

    made = 0
    for _ in range(60):
        made += all_.keep_busy([busy], 1)
        all_.spend(idle, 1)

    assert made >= 0.75 * 60 * 50


def test_a_busy_node_asks_about_once_for_each_slice() -> None:
    all_ = Nodes((Window(most=100_000, seconds=86_400),))
    name = all_.join()

    for _ in range(600):
        all_.spend(name, 20)
        all_.now += 0.1

    assert len(all_.spends) > 11_900
    assert all_.asked <= 60 / HOLD + 15


def test_what_a_node_did_not_spend_is_there_again_when_it_says_so_or_when_it_dies() -> None:
    all_ = Nodes((Window(most=40, seconds=30),))
    first, second = all_.join(), all_.join()
    all_.spend(first, 2)
    all_.now += HOLD
    all_.spend(first, 0)
    all_.crash(first)

    all_.now += 40
    made = all_.keep_busy([second], 4)

    assert made == 40


def test_ordinary_spends_leave_the_reserve_to_urgent_ones() -> None:
    all_ = Nodes((DAY,), reserve=0.1)
    name = all_.join()

    ordinary = all_.keep_busy([name], 120)
    for _ in range(400):
        all_.spend(name, 1, urgent=True)
        all_.now += 1.0

    assert ordinary == 900
    assert sum(one.urgent for one in all_.spends) == 100


def test_what_the_vendor_says_is_left_counts_when_it_is_less_than_we_think() -> None:
    bucket = Bucket()
    reading = Reading(name="daily", limit=5_000, left=12, seconds=86_400)

    read(bucket, reading, at=START)
    first = take(bucket, Ask(node="a", want=8), reserve=0.0, now=START, hold=HOLD)
    rest = [
        take(bucket, Ask(node="b", want=8), reserve=0.0, now=START, hold=HOLD).tokens
        for _ in range(20)
    ]

    assert first.tokens == 3
    assert (first.tokens or 0) + sum(one or 0 for one in rest) == 12


def test_our_own_count_counts_when_the_vendor_is_more_generous() -> None:
    bucket = Bucket(windows=(Window(most=10, seconds=86_400),))
    read(bucket, Reading(name="daily", limit=5_000, left=4_000, seconds=86_400), at=START)

    taken = [
        take(bucket, Ask(node="a", want=8), reserve=0.0, now=START, hold=HOLD).tokens
        for _ in range(20)
    ]

    assert sum(one or 0 for one in taken) == 10


def test_an_old_reading_does_not_replace_a_newer_one() -> None:
    bucket = Bucket()
    read(bucket, Reading(name="daily", limit=100, left=5, seconds=86_400), at=START)

    read(bucket, Reading(name="daily", limit=100, left=90, seconds=86_400), at=START - 1)

    assert bucket.told is not None
    assert bucket.told.left == 5


def test_a_rolling_quota_comes_back_bit_by_bit_until_the_vendor_says_more() -> None:
    bucket = Bucket()
    read(bucket, Reading(name="daily", limit=1_000, left=0, seconds=86_400), at=START)

    at_once = take(bucket, Ask(node="a", want=99), reserve=0.0, now=START, hold=HOLD)
    later = take(bucket, Ask(node="a", want=99), reserve=0.0, now=START + 8_640, hold=HOLD)

    assert at_once.tokens == 0
    assert later.tokens == 25


def test_a_quota_that_resets_is_whole_again_then_and_not_before() -> None:
    bucket = Bucket()
    reading = Reading(name="points", limit=65_000, left=0, seconds=3_600, resets_in=600)
    read(bucket, reading, at=START)

    before = take(bucket, Ask(node="a", want=8), reserve=0.0, now=START + 599, hold=HOLD)
    after = take(bucket, Ask(node="a", want=8), reserve=0.0, now=START + 601, hold=HOLD)

    assert (before.tokens, before.again) == (0, START + 600)
    assert after.tokens == 8


def test_what_the_vendor_closed_opens_with_one_call() -> None:
    bucket = Bucket(windows=BURST)
    read(bucket, Reading(name="put", closed_for=30, why="answered 429"), at=START)
    ask = Ask(node="a", want=8)

    closed = take(bucket, ask, reserve=0.0, now=START + 29, hold=HOLD)
    first = take(bucket, ask, reserve=0.0, now=START + 30, hold=HOLD)
    other = take(bucket, Ask(node="b", want=8), reserve=0.0, now=START + 31, hold=HOLD)
    then = take(bucket, ask, reserve=0.0, now=START + 32, hold=HOLD)

    assert (closed.tokens, closed.again) == (0, START + 30)
    assert (first.tokens, other.tokens, then.tokens) == (1, 0, None)


def test_the_longest_closing_counts() -> None:
    bucket = Bucket()

    for seconds in (5, 60, 10):
        read(bucket, Reading(name="calls", closed_for=seconds), at=START)

    assert bucket.closed == START + 60


def test_a_limit_that_only_the_vendor_knows_is_learned_from_its_answer() -> None:
    bucket = Bucket()
    before = take(bucket, Ask(node="a", want=8), reserve=0.0, now=START, hold=HOLD)
    assert bucket.unlimited

    read(bucket, Reading(name="tenant", limit=4, seconds=60), at=START)
    after = [
        take(bucket, Ask(node="a", want=8), reserve=0.0, now=START, hold=HOLD).tokens
        for _ in range(8)
    ]

    assert before.tokens is None
    assert sum(one or 0 for one in after) == 4


@pytest.mark.parametrize("state", [{}, {"counts": 3}, {"version": 9}])
def test_a_state_that_cannot_be_read_is_as_if_nothing_were_known(state: dict[str, object]) -> None:
    assert codec.load(state, BURST) == Bucket(windows=BURST)


def test_a_bucket_survives_being_kept() -> None:
    all_ = Nodes(CHANNEL)
    names = [all_.join(), all_.join()]
    all_.keep_busy(names, 3)
    bucket = all_.bucket
    read(
        bucket, Reading(name="x", limit=9, left=3, seconds=60, closed_for=7, why="so"), at=all_.now
    )

    assert codec.load(codec.dump(bucket), CHANNEL) == bucket
