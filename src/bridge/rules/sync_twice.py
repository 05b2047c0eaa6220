"""Two syncs that write one field of one record: each would undo what the other has done."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from bridge.rules.agree import End
from bridge.rules.problem import Problem
from bridge.rules.sync import Sync


def twice(syncs: Sequence[Sync]) -> Iterator[Problem]:
    for first, second in combinations(syncs, 2):
        if _may_meet(first, second):
            yield from _both(first, second)


def _may_meet(first: Sync, second: Sync) -> bool:
    """Whether one link may be in both."""
    return not first.roles or not second.roles or bool({*first.roles} & {*second.roles})


def _both(first: Sync, second: Sync) -> Iterator[Problem]:
    taken = {
        (pair.slot(end).source.connection, pair.slot(end).source.object, pair.slot(end).sets)
        for pair in first.pairs
        for end in End
        if pair.writes(end)
    }
    for number, pair in enumerate(second.pairs):
        for end in End:
            slot = pair.slot(end)
            key = (slot.source.connection, slot.source.object, slot.sets)
            if pair.writes(end) and key in taken:
                place = (*second.site.path, "fields", number, slot.source.connection)
                text = f"`{slot.name}` of the same record is written by sync `{first.id}` too"
                yield second.site.document.problem(place, f"{text}; let one of the two write it")
