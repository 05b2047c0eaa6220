"""What rules may name: the record, its past, what changed, the event, the linked record, maps."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bridge.canonical.event import Event
from bridge.canonical.kind import Kinds
from bridge.canonical.record import Status
from bridge.ledger.facts import Due
from bridge.ledger.rolling import Rollup
from bridge.rules.descriptors import PACKAGE, Field, Schema
from bridge.rules.expression import Scope
from bridge.rules.ruleset import World

EVENT = f"{PACKAGE}.EventFacts"
ROLLUP = f"{PACKAGE}.RollupFacts"
_SURE = Field(type="text", optional=False)
_EVENT_FIELDS: Mapping[str, Field] = {
    "id": _SURE,
    "kind": _SURE,
    "subject": _SURE,
    "connection": _SURE,
    "origin": _SURE,
    "version": _SURE,
    "occurred_at": Field(type="time", optional=False),
    "recorded_at": Field(type="time", optional=False),
    "actor_id": Field(type="text", private=True),
    "actor_name": Field(type="text", private=True),
    "actor_kind": Field(type="text"),
    "department": Field(type="text"),
    "customer": Field(type="text"),
    "project": Field(type="text"),
    "since": Field(type="time"),
    "late": Field(type="sure", optional=False),
}
_ROLLUP_FIELDS: Mapping[str, Field] = {
    "status": Field(type="text", choices=tuple(Status)),
    "due": Field(type="time"),
    "done": Field(type="whole", optional=False),
    "total": Field(type="whole", optional=False),
}


class Worlds:
    """The worlds of one rule set, made when first asked for, over one schema."""

    def __init__(self, kinds: Kinds, maps: Mapping[str, Mapping[str, Any]]) -> None:
        self.schema = Schema()
        self._models = {kind.name: self.schema.add_model(kind.model) for kind in kinds}
        for kind in kinds:
            flags = dict.fromkeys(kind.model.model_fields, Field(type="sure", optional=False))
            self.schema.add(changed_type(kind.name), flags)
        self.schema.add(EVENT, _EVENT_FIELDS)
        self.schema.add(ROLLUP, _ROLLUP_FIELDS)
        self.tables = {name: dict(table) for name, table in maps.items()}
        self._maps = {f"maps.{name}": f"map:{_values(table)}" for name, table in maps.items()}
        self._made: dict[tuple[str, str | None], World] = {}

    def world(self, kind: str, far: str | None) -> World:
        """The world of rules about a kind; `far` is the kind of the linked record, if any."""
        key = (kind, far)
        if key not in self._made:
            self._made[key] = self._make(kind, far)
        return self._made[key]

    def alone(self, kind: str) -> World:
        """The world of a condition over nothing but a record of this kind."""
        variables = {kind: self._models[kind]}
        scope = Scope(self.schema.pool, variables)
        return World(kind=kind, far=None, scope=scope, variables=variables)

    def _make(self, kind: str, far: str | None) -> World:
        variables = {
            kind: self._models[kind],
            "before": self._models[kind],
            "changed": changed_type(kind),
            "event": EVENT,
        }
        if far is not None:
            variables |= {far: self._models[far], "rollup": ROLLUP}
        scope = Scope(self.schema.pool, {**variables, "now": "timestamp", **self._maps})
        names = frozenset(name.removeprefix("maps.") for name in self._maps)
        return World(kind=kind, far=far, scope=scope, variables=variables, maps=names)


def changed_type(kind: str) -> str:
    """The message type of `changed` for a kind: one flag a field."""
    return f"{PACKAGE}.changed_{kind}"


def event_values(event: Event, due: Due | None) -> dict[str, Any]:
    """What `event` shows of an event."""
    actor = event.actor
    return {
        "id": event.id,
        "kind": event.kind,
        "subject": str(event.subject),
        "connection": event.connection,
        "origin": str(event.origin),
        "version": event.version,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "actor_id": actor.id if actor else None,
        "actor_name": actor.name if actor else None,
        "actor_kind": str(actor.kind) if actor else None,
        "department": event.department,
        "customer": event.customer,
        "project": event.project,
        "since": due.since if due else None,
        "late": due is not None and due.late,
    }


def rollup_values(rollup: Rollup) -> dict[str, Any]:
    """What `rollup` shows of the work linked to a record."""
    due: datetime | None = rollup.due
    return {"status": rollup.status, "due": due, "done": rollup.done, "total": rollup.total}


def _values(table: Mapping[str, Any]) -> str:
    kinds = {type(value) for value in table.values()}
    if kinds <= {str}:
        return "string"
    if kinds == {bool}:
        return "bool"
    return "double" if kinds == {float} else "dyn"
