"""A CRM and a tracker that are written to by syncs, and make what they like of what they are given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from typing_extensions import override

from bridge.canonical.ref import Ref
from bridge.connectors.action import Action, Outcome, Receipt, Repeat
from bridge.connectors.contract import Connector
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
    newest: int = 6  # the number of the record that was made last

    @override
    def add(self, kind: str, key: str, **fields: Any) -> Receipt:
        """Says what it was given, as a vendor does whose forms leave fields out."""
        self.newest += 1
        number, now = str(self.newest), self.clock.now()
        shown = f"{key}-{number}"
        kept = {name: self.makes(name, value) for name, value in fields.items()}
        self.records[number] = {"key": shown, **kept, "created": now, "stamp": now}
        return Receipt(ref=Ref(self.name, kind, number), key=shown, wrote=fields)

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


class SetFields(Action[Held]):
    """Sets fields of a record, but for its own; what it sent it says."""

    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "record"
    fields_from: ClassVar[str | None] = "fields"
    object: ClassVar[str]
    own: ClassVar[frozenset[str]]

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
        return path if object_ == cls.object and path not in cls.own else None

    @override
    @classmethod
    def setting(cls, ref: Ref, values: Mapping[str, Any]) -> Self:
        return cls(record=str(ref), fields=values)

    @override
    def run(self, client: Held, key: str) -> Receipt:
        sent = {name: self.sent(value) for name, value in self.fields.items()}
        return client.set(key, Ref.parse(self.record).id, sent, sent)

    def sent(self, value: Any) -> Any:
        return value


class SetCase(SetFields):
    """Cuts a text that is too long."""

    kind: ClassVar[str] = "crm.set_case"
    batch: ClassVar[int] = 50
    object: ClassVar[str] = "Case"
    own: ClassVar[frozenset[str]] = frozenset({"Number"})

    @override
    def sent(self, value: Any) -> Any:
        is_long = isinstance(value, str) and len(value) > LONGEST
        return f"{value[: LONGEST - 1]}…" if is_long else value

    @override
    def batch_key(self) -> str | None:
        return ""

    @override
    @classmethod
    def run_batch(cls, client: Held, batch: Sequence[tuple[Self, str]]) -> Sequence[Receipt]:
        return [one.run(client, key) for one, key in batch]


class SetIssue(SetFields):
    kind: ClassVar[str] = "tracker.set_issue"
    object: ClassVar[str] = "issue"
    own: ClassVar[frozenset[str]] = frozenset({"key", "status"})


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


def connector(name: str) -> Connector[Any, Any]:
    """The one of the other tests, with what syncs need."""
    made = vendors.connector(name)
    new = {"crm": (SetCase,), "tracker": (SetIssue, MoveIssue)}.get(name, ())
    return replace(made, actions=(*made.actions, *new))
