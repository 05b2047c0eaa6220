"""Plain values from a mapping, shaped as Jira's metadata wants each field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from bridge.connectors.jira import wiki
from bridge.connectors.jira.address import address
from bridge.connectors.jira.form import Field, Form
from bridge.connectors.jira.wiki import Markup
from bridge.errors import PermanentError

TEXT_AREAS = frozenset({"description", "environment"})
TEXT_AREA = ":textarea"
SPRINT = ":gh-sprint"
PARENT = "parent"  # the list of all fields gives it no schema
NAMED = frozenset(
    {"priority", "resolution", "issuetype", "status", "version", "component", "group"}
    | {"securitylevel"}
)
_EVERYWHERE = Form(
    "any form",
    {
        name: Field(id=name, name=name, type=type_)
        for name, type_ in (
            ("summary", "string"),
            ("description", "string"),
            ("priority", "priority"),
            ("duedate", "date"),
        )
    },
)


class People(Protocol):
    """Who finds accounts."""

    def person(self, said: str) -> Mapping[str, str] | None: ...


class _Stranger(Exception):
    """Nobody can be told exactly by this text: the field is better left alone."""


@dataclass(frozen=True)
class Shaped:
    """Values by field id, ready to send; what was left alone with the reason, and who was named there."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        return "; ".join(self.notes)


def shape(values: Mapping[str, Any], form: Form, *, people: People, markup: Markup) -> Shaped:
    """Each value as its field's schema wants it; the keys are field ids or names.

    A user that cannot be told exactly leaves the field alone and says so. Raises UnknownField and
    PermanentError for a value of the wrong kind.
    """
    fields: dict[str, Any] = {}
    left: dict[str, str] = {}
    for name, value in values.items():
        target = form.find(name)
        try:
            fields[target.id] = _Shaper(target, people, markup).shape(value)
        except _Stranger as stranger:
            left[target.id] = str(stranger)
    why = "nobody at Jira matches exactly, so the field was left as it was"
    notes = tuple(f"{name}: {why}" for name in left)
    return Shaped(fields, notes, strangers=tuple(one for one in left.values() if one))


def shape_formless(values: Mapping[str, Any], *, markup: Markup) -> Mapping[str, Any]:
    """Those of the values that every form shapes alike, without asking for one."""
    known = {name: value for name, value in values.items() if name in _EVERYWHERE}
    return shape(known, _EVERYWHERE, people=_Nobody(), markup=markup).fields


class _Nobody:
    """Where no field holds a user."""

    def person(self, said: str) -> None:
        """Nobody is asked for."""


@dataclass(frozen=True)
class _Shaper:
    target: Field
    people: People
    markup: Markup

    def shape(self, value: Any) -> Any:
        if self.target.custom.endswith(SPRINT):
            return self._sprint(value)
        if self.target.type != "array":
            return None if value is None else self._one(self.target.type, value)
        values = value if isinstance(value, list | tuple) else [value]
        return [self._one(self.target.items, item) for item in values if item is not None]

    def _one(self, type_: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return dict(value)  # shaped already by who wrote the mapping
        if type_ in NAMED:
            return self._named(value)
        if self.target.id == PARENT:
            return _issue(self, value)
        make = _MAKERS.get(type_)
        return value if make is None else make(self, value)

    def _sprint(self, value: Any) -> Any:
        """Read as a list of sprints, written as the number of one."""
        one = value[-1] if isinstance(value, list | tuple) and value else value
        number = one.get("id") if isinstance(one, Mapping) else one
        return None if number in (None, [], ()) else _number(self.target, number)

    def text(self, value: Any) -> str:
        said = _text(value)
        if self.target.system == "labels" or self.target.custom.endswith(":labels"):
            return wiki.label(said)
        if self.target.id in TEXT_AREAS or self.target.custom.endswith(TEXT_AREA):
            return wiki.long_text(said, markup=self.markup)
        return wiki.one_line(said)

    def user(self, value: Any) -> Any:
        said = _text(value)
        found = self.people.person(said) if said else None
        if found is None:
            raise _Stranger(said)
        return dict(found)

    def option(self, value: Any) -> Any:
        allowed = self._allowed(_text(value), "value")
        return {"value": str(allowed["value"])} if allowed else {"value": _text(value)}

    def cascade(self, value: Any) -> Any:
        """`[parent, child]`, or the parent alone."""
        parts = value if isinstance(value, list | tuple) else [value]
        shaped: dict[str, Any] = {"value": _text(parts[0])}
        return shaped if len(parts) == 1 else {**shaped, "child": {"value": _text(parts[1])}}

    def _named(self, value: Any) -> Any:
        said = _text(value)
        allowed = self._allowed(said, "name")
        if allowed:
            return {"name": str(allowed["name"])}
        return {"id": said} if said.isdigit() else {"name": said}

    def _allowed(self, said: str, key: str) -> Mapping[str, Any] | None:
        """Jira compares options by case, people do not."""
        for one in self.target.allowed:
            if str(one.get(key, "")).casefold() == said.casefold():
                return one
        return next((one for one in self.target.allowed if str(one.get("id")) == said), None)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)


def _number(target: Field, value: Any) -> float | int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        number = float(str(value))
    except ValueError as error:
        raise PermanentError(f"jira: {target.name} wants a number", code="value") from error
    return int(number) if number.is_integer() else number


def _moment(target: Field, value: Any) -> datetime:
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError as error:
        text = f"jira: {target.name} wants a date such as 2027-01-31"
        raise PermanentError(text, code="value") from error
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _date(target: Field, value: Any) -> str:
    """The day in UTC, as canonical moments made from Jira's dates have it."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return _moment(target, value).date().isoformat()


def _datetime(target: Field, value: Any) -> str:
    moment = _moment(target, value)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def _issue(_: _Shaper, value: Any) -> dict[str, str]:
    said = address(_text(value))
    return {"id": said} if said.isdigit() else {"key": said}


def _project(_: _Shaper, value: Any) -> dict[str, str]:
    said = _text(value)
    return {"id": said} if said.isdigit() else {"key": said}


_MAKERS: Mapping[str, Callable[[_Shaper, Any], Any]] = {
    "string": _Shaper.text,
    "user": _Shaper.user,
    "option": _Shaper.option,
    "option-with-child": _Shaper.cascade,
    "number": lambda shaper, value: _number(shaper.target, value),
    "date": lambda shaper, value: _date(shaper.target, value),
    "datetime": lambda shaper, value: _datetime(shaper.target, value),
    "project": _project,
    "issuelink": _issue,
}
