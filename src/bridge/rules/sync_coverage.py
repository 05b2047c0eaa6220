"""What of a sync no test has ever decided: ends that are written, owners, words of maps, stops. Pure."""

from collections.abc import Iterator
from typing import Any

from bridge.rules.agree import End, Owner, Verdict, winner
from bridge.rules.document import Path
from bridge.rules.judged import Judged
from bridge.rules.problem import Problem
from bridge.rules.sync import Pair, Sync, word
from bridge.rules.trial import SyncTrial

Point = tuple[Any, ...]
_OF_AN_END = frozenset({Owner.LEFT, Owner.RIGHT})


def points(sync: Sync) -> Iterator[tuple[Point, Problem]]:
    """What the tests of a sync should reach, and what is said if they do not."""
    document, here = sync.site.document, sync.site.path
    for end in sync.stop:
        connection = sync.source(end).connection
        text = f"no test is stopped at {connection}"
        yield ("stop", sync.id, end), document.problem((*here, "stop", connection), text)
    for number, pair in enumerate(sync.pairs):
        yield from _of_pair(sync, pair, (*here, "fields", number))


def _of_pair(sync: Sync, pair: Pair, place: Path) -> Iterator[tuple[Point, Problem]]:
    document, about = sync.site.document, (sync.id, pair.name)
    for end in End:
        if pair.writes(end):
            slot = pair.slot(end)
            connection = slot.source.connection
            text = f"no test writes `{slot.name}` at {connection}"
            yield ("writes", *about, end), document.problem((*place, connection), text)
    text = f"no test has both ends change `{pair.name}`"
    if pair.owner in _OF_AN_END:
        slot = pair.slot(End(pair.owner.value).other)
        text = f"no test has `{slot.name}` changed at {slot.source.connection} and put back"
    yield ("owner", *about), document.problem((*place, "owner"), text)
    for key in pair.words or ():
        text = f"no test carries `{key}`"
        yield ("word", *about, key), document.problem((*place, "map"), text)


def reached(trial: SyncTrial) -> Iterator[Point]:
    """The points that a trial reached."""
    if trial.stopped is not None:
        yield "stop", trial.sync.id, trial.stopped
        return
    for name, one in trial.judged.items():
        for point in _reached(one):
            what, *more = point
            yield what, trial.sync.id, name, *more


def _reached(one: Judged) -> Iterator[Point]:
    if one.end is not None:
        yield "writes", one.end
    if _meets_its_owner(one):
        yield ("owner",)
    if one.verdict is Verdict.IN_STEP or one.end is not None:
        yield from _words(one)


def _meets_its_owner(one: Judged) -> bool:
    """Whether it is the owner alone who says what is done."""
    left, right = one.sides[End.LEFT], one.sides[End.RIGHT]
    owner = one.pair.owner
    if owner in _OF_AN_END:
        end = End(owner.value)
        return one.end is end.other and one.sides[end.other].has_news > one.sides[end].has_news
    both = winner(left, right, Owner.ASK) is None
    return both and (one.verdict is Verdict.CONFLICT or one.end is not None)


def _words(one: Judged) -> Iterator[Point]:
    """The key of the map by which the value went, or by which the two agree."""
    pair = one.pair
    if pair.words is None or pair.back is None:
        return
    key = word(one.sides[End.LEFT].value)
    if one.end is End.LEFT:
        key = word(pair.back.get(word(one.sides[End.RIGHT].value)))
    yield "word", key
