"""Group commit: items that come while a group is at work make the next one."""

import threading
from collections.abc import Iterator, Sequence

import pytest

from bridge.group import Group


class Slow:
    """Work that waits for a sign, and remembers its groups."""

    def __init__(self) -> None:
        self.go, self.begun = threading.Event(), threading.Event()
        self.groups: list[list[int]] = []

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.begun.set()
        assert self.go.wait(60)
        self.groups.append(list(items))
        if 13 in items:
            raise ValueError("thirteen")
        return [item * 2 for item in items]


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def group(slow: Slow) -> Iterator[Group[int, int]]:
    group = Group("test-group", slow, rows=3)
    yield group
    slow.go.set()
    group.close()


def test_what_comes_meanwhile_goes_together(slow: Slow, group: Group[int, int]) -> None:
    first = group.submit(1)
    assert slow.begun.wait(60)
    others = [group.submit(number) for number in (2, 3, 4, 5)]
    waiting = group.waiting

    slow.go.set()

    assert [future.result(60) for future in (first, *others)] == [2, 4, 6, 8, 10]
    assert slow.groups == [[1], [2, 3, 4], [5]]
    assert waiting == 4


def test_what_the_work_raises_all_of_its_group_get_and_no_other(
    slow: Slow, group: Group[int, int]
) -> None:
    first = group.submit(1)
    assert slow.begun.wait(60)
    guilty = [group.submit(number) for number in (2, 13)]
    slow.go.set()
    for future in guilty:
        with pytest.raises(ValueError, match="thirteen"):
            future.result(60)

    assert first.result(60) == 2
    assert group.submit(7).result(60) == 14


def test_closing_works_on_what_is_there(slow: Slow) -> None:
    group = Group("test-group", slow)
    futures = [group.submit(number) for number in (1, 2, 3)]
    slow.go.set()

    group.close()

    assert [future.done() for future in futures] == [True] * 3


def test_who_does_not_wait_any_more_is_not_worked_for(slow: Slow, group: Group[int, int]) -> None:
    first = group.submit(1)
    assert slow.begun.wait(60)
    gone, stays = group.submit(2), group.submit(3)
    gone.cancel()

    slow.go.set()

    assert (first.result(60), stays.result(60)) == (2, 6)
    assert slow.groups == [[1], [3]]


def test_an_answer_too_few_is_an_error_to_all_and_the_end_of_nothing() -> None:
    group: Group[int, int] = Group("test-group", lambda items: items[1:])

    with pytest.raises(ValueError, match="shorter"):
        group.submit(1).result(60)
    with pytest.raises(ValueError, match="shorter"):
        group.submit(2).result(60)
    group.close()
