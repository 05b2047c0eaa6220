"""A CRM and a tracker that are written to by syncs, and make what they like of what they are given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from typing_extensions import override

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Action, Connector, Outcome, Receipt, Repeat, Snapshot
from clocks import FakeClock
from pipeline import vendors
from pipeline.vendors import Vendor

LONGEST = 40  # characters of a text in the CRM


@dataclass(kw_only=True)
class Held(Vendor):
    """A system whose records have the time of its clock. `before_write` happens just before a write."""

    clock: FakeClock
    makes: Callable[[str, Any], Any] = lambda _, value: value  # what it keeps of a value
    writes: list[dict[str, Any]] = field(default_factory=list)
    reads_made: int = 0

    def edit(self, number: str, **fields: Any) -> None:
        """Somebody changes a record."""
        self.records.setdefault(number, {}).update(fields, stamp=self.clock.now())

    def set(
        self, key: str, number: str, fields: Mapping[str, Any], sent: Mapping[str, Any]
    ) -> Receipt:
        def do() -> Receipt:
            kept = {name: self.makes(name, value) for name, value in fields.items()}
            self.writes.append(dict(fields))
            self.records[number].update(kept, stamp=self.clock.now())
            return Receipt(ref=Ref(self.name, _KINDS[self.name], number), wrote=dict(sent))

        return self.write(key, f"set {number} {sorted(fields)}", do)


_KINDS = {"crm": "Case", "tracker": "issue"}


class SetCase(Action[Held]):
    """Cuts a text that is too long, and says what it sent."""

    kind: ClassVar[str] = "crm.set_case"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "record"
    fields_from: ClassVar[str | None] = "fields"

    record: str
    fields: Mapping[str, Any]

    @override
    def ordering_key(self) -> str:
        return self.record

    @override
    def sets(self) -> Mapping[str, Any]:
        return self.fields

    @override
    @classmethod
    def field_for(cls, object_: str, path: str) -> str | None:
        return path if object_ == "Case" and "." not in path and path != "Number" else None

    @override
    @classmethod
    def setting(cls, ref: Ref, values: Mapping[str, Any]) -> Self:
        return cls(record=str(ref), fields=values)

    @override
    def run(self, client: Held, key: str) -> Receipt:
        sent = {name: _cut(value) for name, value in self.fields.items()}
        return client.set(key, Ref.parse(self.record).id, sent, sent)


class SetIssue(Action[Held]):
    kind: ClassVar[str] = "tracker.set_issue"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "issue"
    fields_from: ClassVar[str | None] = "fields"

    issue: str
    fields: Mapping[str, Any]

    @override
    def ordering_key(self) -> str:
        return self.issue

    @override
    def sets(self) -> Mapping[str, Any]:
        return self.fields

    @override
    @classmethod
    def field_for(cls, object_: str, path: str) -> str | None:
        return path if object_ == "issue" and path not in ("key", "status") else None

    @override
    @classmethod
    def setting(cls, ref: Ref, values: Mapping[str, Any]) -> Self:
        return cls(issue=str(ref), fields=values)

    @override
    def run(self, client: Held, key: str) -> Receipt:
        return client.set(key, Ref.parse(self.issue).id, self.fields, self.fields)


class MoveIssue(Action[Held]):
    kind: ClassVar[str] = "tracker.move_issue"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "issue"
    moves: ClassVar[bool] = True

    issue: str
    to: str

    @override
    def ordering_key(self) -> str:
        return self.issue

    @override
    @classmethod
    def field_for(cls, object_: str, path: str) -> str | None:
        return "to" if object_ == "issue" and path == "status" else None

    @override
    @classmethod
    def setting(cls, ref: Ref, values: Mapping[str, Any]) -> Self:
        return cls(issue=str(ref), to=values["to"])

    @override
    def run(self, client: Held, key: str) -> Receipt:
        number = Ref.parse(self.issue).id
        if client.records[number].get("status") == self.to:
            return client.write(key, "there", lambda: Receipt(outcome=Outcome.UNCHANGED))
        return client.set(key, number, {"status": self.to}, {"status": self.to})


def _cut(value: Any) -> Any:
    return f"{value[: LONGEST - 1]}…" if isinstance(value, str) and len(value) > LONGEST else value


def read(
    client: Held, connection: str, object_: str, ids: Sequence[str], fields: Sequence[str]
) -> Sequence[Snapshot]:
    """What the system holds now, whole."""
    client.reads_made += 1
    client.reads()
    return [whole(client, object_, one) for one in ids if one in client.records]


def whole(client: Held, object_: str, number: str) -> Snapshot:
    record = client.records[number]
    return Snapshot(
        object=object_,
        ref=Ref(client.name, object_, number),
        act=Act.SEEN,
        occurred_at=record["stamp"],
        fields=record,
        stamp=record["stamp"],
    )


def connector(name: str) -> Connector[Any, Any]:
    """The one of the other tests, with what syncs need."""
    made = vendors.connector(name)
    new = {"crm": (SetCase,), "tracker": (SetIssue, MoveIssue)}.get(name, ())
    assert made.reader is not None
    reader = replace(made.reader, read=read) if new else made.reader
    return replace(made, actions=(*made.actions, *new), reader=reader)
