"""One field of a pair, checked: what its source reads it from, and what can write that."""

from bridge.rules.document import Path
from bridge.rules.problem import did_you_mean
from bridge.rules.slot import Slot
from bridge.rules.sources import Source
from bridge.rules.sync_ends import Ends
from bridge.rules.sync_form import PairForm, SyncForm


def slot_of(ends: Ends, place: Path, form: PairForm, connection: str) -> Slot | None:
    """The field that a pair names at this connection."""
    source = ends.sources[ends.names[connection]]
    name = form.of_each.get(connection)
    if name is None:
        if not set(form.of_each) - ends.names.keys():  # else it may be misspelt, which is told
            ends.key_problem(place, f"`{connection}` is missing: which field of {source.kind}?")
        return None
    at = (*place, connection)
    if name not in source.model.model_fields:
        near = did_you_mean(name, source.model.model_fields)
        ends.problem(at, f"{source.kind} has no field `{name}`{near}")
        return None
    read = source.fields.get(name)
    path = (read.field or read.id) if read is not None else None
    if path is None:
        text = f"source {source.id} reads `{name}` from no field of {source.object}"
        ends.problem(at, f"{text}; say in its `fields` which one")
        return None
    _tracked(ends, at, source, name)
    return _made(ends, source, name, path)


def may_be_written(ends: Ends, place: Path, slot: Slot, sync: SyncForm) -> None:
    """Whether something can write it, and nothing is said against that."""
    at = (*place, slot.source.connection)
    if slot.action is None:
        text = f"`{slot.name}` is read from `{slot.path}` of {slot.source.object}, which nobody can write"
        ends.problem(at, f"{text}; let {slot.source.connection} own the field")
        return
    denied = {one.casefold() for one in sync.never.get(slot.source.connection, ())}
    if denied & {
        slot.sets.casefold(),
        slot.path.casefold(),
        slot.path.partition(".")[0].casefold(),
    }:
        text = f"`{slot.name}` is `{slot.path}`, which stands in `never`"
        ends.problem(at, f"{text}; take the pair out, or let {slot.source.connection} own it")


def _made(ends: Ends, source: Source, name: str, path: str) -> Slot:
    known = ends.ground.system(source)
    found = (
        (action, sets)
        for kind, action in sorted(ends.ground.actions.items())
        if kind.partition(".")[0] == known and (sets := action.field_for(source.object, path))
    )
    action, sets = next(found, (None, ""))
    return Slot(source=source, name=name, path=path, system=known, action=action, sets=sets)


def _tracked(ends: Ends, at: Path, source: Source, name: str) -> None:
    """A change that nobody keeps is never seen, so it would reach nobody."""
    if name not in source.tracked:
        text = f"changes of `{name}` are not kept by source {source.id}, so none would be seen"
        ends.problem(at, f"{text}; only fields that are `tracked` can agree")
