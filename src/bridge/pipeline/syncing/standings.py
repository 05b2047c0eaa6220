"""How the fields of a record stand that a sync keeps: both values, whose word counts, what is done and why."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

from bridge.canonical.personal import HIDDEN
from bridge.canonical.spelled import spelled
from bridge.canonical.text import cut
from bridge.ledger.tables import LinkRow
from bridge.pipeline.syncing.engine import under_way
from bridge.pipeline.syncing.tie import Tie, ties
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.agree import End
from bridge.rules.explain import LONGEST, wrapped
from bridge.rules.reading import Unknown
from bridge.rules.ruleset import RuleSet
from bridge.rules.standing import Standing

MOST = 20  # links of a record that are shown
WRITE = "write"
_DONE = {"in_step": "in step", "left_alone": "left alone"}

FIELD: JsonDict = {
    "pair": "severity/priority", "owner": "ask", "values": {"salesforce": "critical", "jira": "High"},
    "outcome": "write", "writes": "jira", "action": "jira.update_issue", "sets": "priority",
    "value": "Highest", "reason": "salesforce has changed it", "on_its_way": False,
}  # fmt: skip
STANDING: JsonDict = {
    "sync": "case-and-issue", "mode": "live", "link": "lnk_7rq326q22vg7", "left": "salesforce:Case:500",
    "right": "jira:issue:10231", "far": "ENG-12", "note": "", "fields": [FIELD],
}  # fmt: skip


class FieldStanding(BaseModel):
    """One pair of fields. `values`: by connection what stands there, as far as it was ever shown.

    `outcome`: `in_step`, `conflict`, `left_alone` or `write`, and then which connection gets which
    `value`, in its own words. `on_its_way`: it goes with what is owed already.
    """

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [FIELD]})

    pair: str
    owner: str
    values: Mapping[str, Any]
    outcome: str
    writes: str
    action: str
    sets: str
    value: Any
    reason: str
    on_its_way: bool


class SyncStanding(BaseModel):
    """One sync about one link of the record; `far` is what it is linked with, as people call it."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [STANDING]})

    sync: str
    mode: str
    link: str
    left: str
    right: str
    far: str
    note: str
    fields: tuple[FieldStanding, ...]


def standings(
    work: Work, world: World, rules: RuleSet, ref: str, *, revealed: bool
) -> tuple[SyncStanding, ...]:
    """How they stand by what this work knows. Without `revealed` personal data and free text are
    left out."""
    found: list[SyncStanding] = []
    for tie in ties(work, rules, ref):
        if len(found) == MOST:
            break
        found.append(_standing(tie, world, ref, revealed=revealed))
    return tuple(found)


def _standing(tie: Tie, world: World, ref: str, *, revealed: bool) -> SyncStanding:
    judged, stopped = tie.judge(), tie.stopped
    going = under_way(tie, judged)
    fields = []
    for one in judged:
        standing = Standing(sync=tie.sync, judged=one, stopped=stopped)
        waits = standing.end is not None and (going.is_owed(tie, one) or going.is_written(tie, one))
        hidden = not revealed and _is_private(world, standing)
        fields.append(_field(standing, hidden=hidden, on_its_way=waits))
    return SyncStanding(
        sync=tie.sync.id,
        mode=tie.sync.form.mode,
        link=tie.link.id,
        left=tie.link.left_ref,
        right=tie.link.right_ref or "",
        far=_far(tie, ref),
        note="",
        fields=tuple(fields),
    )


def _far(tie: Tie, ref: str) -> str:
    link: LinkRow = tie.link
    end = End.RIGHT if link.left_ref == ref else End.LEFT
    row = tie.records[end]
    return row.key or row.ref


def _is_private(world: World, standing: Standing) -> bool:
    """Whether one of the two fields holds personal data or free text."""
    pair = standing.judged.pair
    return any(
        pair.slot(end).name in world.kinds[standing.sync.source(end).kind].private for end in End
    )


def _field(standing: Standing, *, hidden: bool, on_its_way: bool) -> FieldStanding:
    judged, end = standing.judged, standing.end
    slot = judged.pair.slot(end) if end is not None else None
    values = {
        standing.connection(one): _shown(side.value, hidden=hidden)
        for one, side in judged.sides.items()
        if not isinstance(side.value, Unknown)
    }
    return FieldStanding(
        pair=standing.name,
        owner=standing.owner,
        values=values,
        outcome=standing.word if slot is None else WRITE,
        writes="" if slot is None else standing.word,
        action="" if slot is None else slot.kind,
        sets="" if slot is None else slot.sets,
        value=None if slot is None else _shown(judged.given, hidden=hidden),
        reason=standing.reason,
        on_its_way=on_its_way,
    )


def _shown(value: Any, *, hidden: bool) -> Any:
    return HIDDEN if hidden and value not in (None, "", [], ()) else value


def lines(found: Sequence[SyncStanding]) -> Iterator[str]:
    """The same for people."""
    for one in found:
        mode = "" if one.mode == "live" else f" (mode {one.mode})"
        yield f"In sync {one.sync}{mode} with {one.far}:"
        if one.note:
            yield from wrapped(one.note, first="  ")
        for field in one.fields:
            yield from wrapped(f"{_done(field)}: {field.reason}", first=f"  {field.pair}: ", rest="    ")  # fmt: skip
            yield from wrapped(_values(field), first="    ")
    if found:
        yield ""


def _done(field: FieldStanding) -> str:
    if field.outcome != WRITE:
        return _DONE.get(field.outcome, field.outcome)
    later = ", with what is on its way there already" if field.on_its_way else ""
    return f"{field.writes} gets {_text(field.value)}{later}"


def _values(field: FieldStanding) -> str:
    said = [f"{connection} {_text(value)}" for connection, value in field.values.items()]
    return f"{'; '.join(said) or 'neither was shown'}; owner: {field.owner}"


def _text(value: Any) -> str:
    return cut(spelled(value), LONGEST) or "nothing"
