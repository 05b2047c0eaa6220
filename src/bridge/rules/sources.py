"""A source: what a vendor's object means as a canonical record. Pure; `interpret` applies it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from bridge.canonical.event import Act, Origin
from bridge.canonical.field import DataClass, Record, data_classes
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Snapshot
from bridge.connectors.history import Moved
from bridge.errors import RuleError
from bridge.ledger.sighting import Sighting
from bridge.rules.model import FieldForm, PollForm
from bridge.rules.reading import UNKNOWN, Unknown, at, coerce
from bridge.rules.vendor import VendorExpression

CUSTOMER = "Account"  # the vendor's object a customer's id belongs to


class SourceError(RuleError):
    """A snapshot that a source cannot read. `detail` holds expression, column, text and values."""

    def __init__(self, text: str, *, detail: Mapping[str, Any]) -> None:
        super().__init__(text)
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Source:
    """One entry of `sources/`, checked. `vendor_fields` are the paths a reread asks for."""

    id: str
    connection: str
    object: str
    kind: str
    model: type[Record]
    reread: bool
    fields: Mapping[str, FieldForm]
    only: VendorExpression | None
    computed: Mapping[str, VendorExpression]
    maps: Mapping[str, Mapping[str, Any]]
    vendor_fields: tuple[str, ...]
    tracked: frozenset[str]
    write_back: Mapping[str, str] = field(default_factory=dict)
    poll: PollForm | None = None

    @cached_property
    def strict(self) -> Mapping[str, FieldForm]:
        """The fields without a word for everything else: a change log may use display names where
        the field has keys."""
        bare = {"otherwise": None}
        return {name: form.model_copy(update=bare) for name, form in self.fields.items()}

    @cached_property
    def reads(self) -> Mapping[str, tuple[str, ...]]:
        """By vendor field: the canonical fields that are read from it, as it is or by a map."""
        found: dict[str, tuple[str, ...]] = {}
        for name, form in self.fields.items():
            if form.field is not None:
                first = form.field.partition(".")[0]
                found[first] = (*found.get(first, ()), name)
        return found


class Shown(NamedTuple):
    """What a value is read from: the fields of a snapshot, or the one that a change log names."""

    fields: Mapping[str, Any]
    complete: bool
    connection: str


def interpret(source: Source, snapshot: Snapshot, *, origin: Origin) -> Sighting | None:
    """The snapshot in canonical terms, or `None` when the source's `only` says no.

    Raises SourceError when `only` or a field cannot be evaluated, a map has no word for a value
    and no `else`, or a value does not fit its field.
    """
    if source.only is not None and not _wanted(source, source.only, snapshot=snapshot):
        return None
    record = _record(source, snapshot)
    customer = record.get("customer")
    return Sighting(
        kind=source.kind,
        source=source.id,
        ref=snapshot.ref,
        act=snapshot.act,
        occurred_at=snapshot.occurred_at,
        record=record,
        origin=origin,
        version=snapshot.version,
        stamp=snapshot.stamp,
        created_at=snapshot.created_at,
        moved=_moved(source, snapshot),
        actor=snapshot.actor,
        ours=snapshot.ours,
        customer=customer.get("ref") if isinstance(customer, Mapping) else None,
        project=_project(record),
        with_past=any(one.act is Act.CREATED for one in snapshot.past),
        tracked=source.tracked,
        into=snapshot.into,
        marks=snapshot.mark.write_keys if snapshot.mark else (),
    )


def read_field(source: Source, name: str, fields: Mapping[str, Any]) -> Any:
    """One field from some of a record's vendor fields; `UNKNOWN` where they do not tell.

    Raises SourceError as `interpret`.
    """
    shown = Shown(fields, complete=False, connection=source.connection)
    return _value(source, name, form=source.strict[name], shown=shown)


def interpret_past(source: Source, snapshot: Snapshot, sighting: Sighting) -> Iterator[Sighting]:
    """The past of a record that the source takes: each change that can be read, and that it was made.

    `sighting` is the record as it is now. What is said of it then is what changed, and no more.
    """
    for one in snapshot.past:
        moved = _moved(source, replace(snapshot, moved=one.moved))
        if moved or one.act is Act.CREATED:
            yield replace(
                sighting,
                act=one.act,
                occurred_at=one.at,
                record={},
                version=one.version,
                stamp=one.at,
                moved=moved,
                actor=one.actor,
                ours=False,
            )


def _wanted(source: Source, only: VendorExpression, *, snapshot: Snapshot) -> bool:
    missing = only.unknown(snapshot.fields)
    if missing and snapshot.act is Act.DELETED:
        return True  # nothing more can be learnt of it; the ledger knows whether it was one
    if missing and not snapshot.complete:
        raise _failed(source, only, text=f"{', '.join(missing)} is not in this message")
    value, failure = only.evaluate(snapshot.fields)
    if failure:
        raise _failed(source, only, text=failure)
    return value is True


def _failed(source: Source, expression: VendorExpression, *, text: str) -> SourceError:
    detail = {
        "source": source.id,
        "expression": expression.text,
        "column": expression.column,
        "text": text,
        "values": {},
    }
    return SourceError(f"{expression.where}: `{expression.text}`: {text}", detail=detail)


def _record(source: Source, snapshot: Snapshot) -> dict[str, Any]:
    shown = Shown(snapshot.fields, snapshot.complete, snapshot.ref.connection)
    record: dict[str, Any] = {}
    for name, form in source.fields.items():
        value = _value(source, name, form=form, shown=shown)
        if not isinstance(value, Unknown):
            record[name] = value
            record |= _scale(name, form)
    return record


def _scale(name: str, form: FieldForm) -> dict[str, float]:
    if form.scale is None:
        return {}
    return {f"{name}_min": form.scale[0], f"{name}_max": form.scale[1]}


def _value(source: Source, name: str, *, form: FieldForm, shown: Shown) -> Any:
    if name in source.computed:
        raw = _computed(source, source.computed[name], shown=shown)
    elif form.ref is not None or form.id is not None:
        raw = _part(source, form, shown=shown)
    else:
        raw = _mapped(source, name, form=form, raw=_at(shown, form.field or name))
    return raw if isinstance(raw, Unknown) else _coerced(source, name, raw=raw)


def _computed(source: Source, expression: VendorExpression, *, shown: Shown) -> Any:
    if expression.unknown(shown.fields) and not shown.complete:
        return UNKNOWN
    value, failure = expression.evaluate(shown.fields)
    if failure:
        raise _failed(source, expression, text=failure)
    return value


def _part(source: Source, form: FieldForm, *, shown: Shown) -> Any:
    """A customer or a person. Without an id it is nobody."""
    identity = _at(shown, form.ref or form.id or "")
    if identity is None or isinstance(identity, Unknown):
        return identity
    paths = {"name": form.name, "email": form.email, "value": form.value}
    found = {key: _at(shown, path) for key, path in paths.items() if path}
    known = {key: value for key, value in found.items() if not isinstance(value, Unknown)}
    if form.ref:
        return {"ref": str(Ref(shown.connection, CUSTOMER, str(identity))), **known}
    return {"id": str(identity), **known}


def _mapped(source: Source, name: str, *, form: FieldForm, raw: Any) -> Any:
    if form.map is None or isinstance(raw, Unknown):
        return raw
    words = source.maps[form.map]
    word = None if raw is None else words.get(_word(raw), form.otherwise)
    if raw is None:
        return form.otherwise
    if word is None:
        text = (
            f"{name}: map `{form.map}` has no `{_seen(source, name, raw)}` and there is no `else`"
        )
        raise _unfit(source, name, text=text)
    return word


def _word(raw: Any) -> str:
    return str(raw).lower() if isinstance(raw, bool) else str(raw)


def _coerced(source: Source, name: str, *, raw: Any) -> Any:
    try:
        return coerce(raw, source.model.model_fields[name].annotation)
    except ValueError as error:
        said = "the value does not fit" if _private(source, name) else str(error)
        raise _unfit(source, name, text=f"{name}: {said}") from None


def _unfit(source: Source, name: str, *, text: str) -> SourceError:
    form = source.fields[name]
    detail = {"source": source.id, "field": name, "path": form.field, "text": text}
    return SourceError(f"source {source.id}: {text}", detail=detail)


def _seen(source: Source, name: str, raw: Any) -> str:
    return "…" if _private(source, name) else str(raw)[:80]


def _private(source: Source, name: str) -> bool:
    return data_classes(source.model).get(name) is not DataClass.BUSINESS


def _at(shown: Shown, path: str) -> Any:
    found = at(shown.fields, path)
    return None if found is UNKNOWN and shown.complete else found


def _project(record: Mapping[str, Any]) -> str | None:
    project = record.get("project")
    return project if isinstance(project, str) else None


def _moved(source: Source, snapshot: Snapshot) -> dict[str, tuple[Any, Any]]:
    """Lines of the vendor's change log that can be read as canonical values.

    A connector gives the two values the shape the field itself has, as far as its log tells: what
    a path does not find in them, or a map has no word for, is left to comparison.
    """
    lines = {line.field: line for line in snapshot.moved}
    if not lines:
        return {}
    found: dict[str, tuple[Any, Any]] = {}
    for name, form in source.fields.items():
        path = form.field or form.id or ""
        line = lines.get(path) or lines.get(path.partition(".")[0])
        if line is not None and name not in source.computed:
            pair = _pair(source, name, line=line, connection=snapshot.ref.connection)
            found |= {} if pair is None else {name: pair}
    return found


def _pair(source: Source, name: str, *, line: Moved, connection: str) -> tuple[Any, Any] | None:
    form, values = source.strict[name], []
    for raw in (line.before, line.after):
        shown = Shown({line.field: raw}, complete=False, connection=connection)
        try:
            values.append(_value(source, name, form=form, shown=shown))
        except RuleError:
            return None
    return None if UNKNOWN in values else (values[0], values[1])
