"""A conflict: both ends have changed a field, and a person is to say whose value counts.

It waits as one held delivery under a hold of its own. What its two values are is read from the two
records when somebody looks. To choose an end is to take the other's value for known: that is no news
any more, so the chosen one goes across. A later edit that removes the conflict closes the hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from bridge.outbox import hold as holds
from bridge.outbox.tables import DeliveryRow, HoldRow, State
from bridge.pipeline.syncing.owing import Owing
from bridge.pipeline.syncing.shadows import WAS
from bridge.pipeline.syncing.tie import Tie
from bridge.rules.agree import End, Owner, Verdict, winner
from bridge.rules.judged import Judged
from bridge.rules.reading import Unknown

KIND = "conflict"
STEP = "ask:"  # how the step of a held delivery begins; what follows names the pair
BRIDGE = "Bridge (sync)"  # no key can have this name


def is_one(row: DeliveryRow) -> bool:
    """Whether a delivery only stands for a question."""
    return row.state == State.HELD and row.step.startswith(STEP)


def follow(owing: Owing, tie: Tie, judged: Sequence[Judged]) -> None:
    """Ask what is to be asked, and ask no more what has settled itself."""
    written = bool(owing.cause.again)
    asked = [one for one in judged if one.pair.owner is Owner.ASK and (written or _may_matter(one))]
    open_holds = _open(tie) if asked else {}
    for one in asked:
        hold = open_holds.get(about(tie, one.pair.name))
        if one.verdict is Verdict.CONFLICT and hold is None:
            _ask(owing, tie, one)
        elif one.verdict not in (Verdict.CONFLICT, Verdict.UNKNOWN) and hold is not None:
            _close(tie, hold, owing.now)


def _may_matter(one: Judged) -> bool:
    """What agrees as it did was settled before, unless a write of ours has made it so: it may have been on
    its way when it was asked."""
    return one.verdict is not Verdict.IN_STEP or one.judgement.remember


def about(tie: Tie, pair: str) -> str:
    """What a hold is about: one question about one pair of fields of two records."""
    return f"{tie.sync.rule} {pair} {tie.link.id}"


def proposed(one: Judged) -> End:
    """The end whose value was set last."""
    return winner(one.sides[End.LEFT], one.sides[End.RIGHT], Owner.LATEST) or End.LEFT


def choose(tie: Tie, one: Judged, taken: End, *, now: datetime) -> None:
    """From now on the other end's value is known, and only the chosen one is news."""
    kept = one.sides[taken]
    shadow = {WAS: ""} if isinstance(kept.shadow, Unknown) else kept.shadow
    other = one.sides[taken.other].value
    tie.remember(one.pair, {taken: shadow, taken.other: other}, now=now)


def leave(tie: Tie, one: Judged, *, now: datetime) -> None:
    """Both ends stay as they are, until one of them is changed."""
    tie.remember(one.pair, {end: side.value for end, side in one.sides.items()}, now=now)


def _open(tie: Tie) -> Mapping[str, HoldRow]:
    names = [about(tie, pair.name) for pair in tie.sync.pairs if pair.owner is Owner.ASK]
    query = select(HoldRow).where(
        HoldRow.kind == KIND, HoldRow.state == holds.OPEN, HoldRow.about.in_(names)
    )
    return {hold.about: hold for hold in tie.work.session.scalars(query)}


def _ask(owing: Owing, tie: Tie, one: Judged) -> None:
    """One held delivery: what would be written if the later value counted."""
    found = _written(tie, one)
    if found is None or found.end is None:
        return
    ends = " and ".join(f"{tie.records[end].key or tie.ref(end)}" for end in End)
    hold = holds.open_hold(
        tie.work.session,
        KIND,
        about(tie, one.pair.name),
        reason=f"{ends}: both have changed {one.pair.name}; say whose value counts",
        connection=tie.connection(found.end),
        rule=tie.sync.rule,
        now=owing.now,
    )
    cause = replace(owing.cause, again=f"{owing.cause.again}?{one.pair.name}")
    row = replace(owing, cause=cause).row(tie, found.end, [found])
    row.step = f"{STEP}{one.pair.name}"
    row.state, row.hold_id, row.reason = State.HELD, hold.id, hold.reason
    tie.work.owe([row])
    _say(owing, tie, hold)


def _say(owing: Owing, tie: Tie, hold: HoldRow) -> None:
    """Nobody decides on what nobody knows of. Said once, however many come while it is not decided."""
    owing.world.alarms.lower(
        tie.work.session,
        f"{KIND}:{tie.sync.id}",
        kind=KIND,
        text=hold.reason,
        remedy=f"bridge holds conflict {hold.id}; all that wait: bridge holds",
        link=f"{owing.world.public_url}/api/v1/holds/{hold.id}/conflict",
        now=owing.now,
    )


def _written(tie: Tie, one: Judged) -> Judged | None:
    """The pair as it would be written by either choice, the later value's first."""
    first = proposed(one)
    tries = (tie.judged_by(one, end) for end in (first, first.other))
    return next((found for found in tries if found.end is not None), None)


def _close(tie: Tie, hold: HoldRow, now: datetime) -> None:
    """Nobody is asked any more."""
    for row in tie.work.owed_for(tie.link.id):  # not written yet
        if row.hold_id == hold.id:
            row.state, row.finished_at, row.reason = State.CANCELLED, now, "it was settled since"
    holds.discard(tie.work.session, hold, by=BRIDGE, why="it was settled since", now=now)
