"""Field history: a row for each tracked field that was changed, and one for each new record."""

from bridge.connectors.salesforce.simulator.change import Act, Change
from bridge.connectors.salesforce.simulator.records import Records
from bridge.connectors.salesforce.simulator.schema import LONG_TEXT_FROM, Field, ObjectType, Type

_PREFIXES = {"Case": "017"}
_CUSTOM = "__c"


def history_of(name: str) -> ObjectType:
    """The object that keeps what was changed of another one."""
    custom = name.endswith(_CUSTOM)
    own = f"{name.removesuffix(_CUSTOM)}__History" if custom else f"{name}History"
    return ObjectType(
        name=own, prefix=_PREFIXES.get(name, "0h0"), name_field="Id", createable=False,
        fields=(
            Field(name=_parent(name), type=Type.REFERENCE, length=18, reference_to=(name,)),
            Field(name="Field", type=Type.PICKLIST, length=255),
            Field(name="OldValue"),  # of any type
            Field(name="NewValue"),
        ),
    )  # fmt: skip


class Historian:
    """Hears of every write to one object. `tracked`: its fields, as an admin has ticked them."""

    def __init__(self, records: Records, name: str, tracked: frozenset[str]) -> None:
        self._records, self._name, self._tracked = records, name, tracked
        self._kind = records.schema.object_named(history_of(name).name)

    def heard(self, change: Change) -> None:
        if change.object != self._name:
            return
        if change.act is Act.CREATED:
            self._note(change, "created", before=None, after=None)
        elif change.act is Act.UPDATED:
            for name in sorted(change.changed & self._tracked):
                before, after = change.before.get(name), change.after.get(name)
                if self._is_long(name):  # that it was changed is kept, and no more
                    before = after = None
                self._note(change, name, before=before, after=after)

    def _note(self, change: Change, field: str, *, before: object, after: object) -> None:
        row = {_parent(self._name): change.id, "Field": field}
        values = {**row, "OldValue": before, "NewValue": after}
        self._records.seed(self._kind, values, by=change.by)

    def _is_long(self, name: str) -> bool:
        field = self._records.schema.object_named(self._name).field_named(name)
        return field.type is Type.TEXTAREA and field.length >= LONG_TEXT_FROM


def _parent(name: str) -> str:
    return "ParentId" if name.endswith(_CUSTOM) else f"{name}Id"
