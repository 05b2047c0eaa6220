"""Other people in a record: what is personal or free text is replaced, the same by the same. Pure.

Which fields these are is marked on the models, by data class. A person who is found by an id here and
by a name there gets one pseudonym.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel

from bridge.canonical.field import DataClass, mark

_PERSON: Mapping[str, str] = {
    "id": "person-{}",
    "name": "Person {}",
    "email": "person{}@example.invalid",
}


@dataclass
class Disguise:
    """One capture's pseudonyms. `keep`: fields that stay as they are, by their name in the record."""

    keep: Collection[str] = ()
    swapped: dict[str, str] = field(default_factory=dict)  # the words now -> those that were there
    fields: set[str] = field(default_factory=set)  # names of the fields in which something was
    _people: dict[str, int] = field(default_factory=dict)
    _texts: dict[tuple[str, str], int] = field(default_factory=dict)

    def record(self, model: type[BaseModel], data: Mapping[str, Any]) -> dict[str, Any]:
        """The same record of somebody else."""
        return {name: self.field(model, name, value) for name, value in data.items()}

    def field(self, model: type[BaseModel], name: str, value: Any) -> Any:
        """One field of a record, as it stands in it or in a change of it."""
        info = model.model_fields.get(name)
        if info is None or name in self.keep or value in (None, ""):
            return value
        if mark(info).data_class is not DataClass.BUSINESS and isinstance(value, str):
            return self._text(name, value)
        for part in _parts(info.annotation):
            return self._inside(part, name, value)
        return value

    def person(self, part: Mapping[str, Any], label: str) -> dict[str, Any]:
        """A person of a record, or an actor: id, name and address replaced, the rest kept."""
        known = [
            self._people[value] for name in _PERSON if (value := part.get(name)) in self._people
        ]
        number = known[0] if known else len(set(self._people.values())) + 1
        made = dict(part)
        for name, form in _PERSON.items():
            value = part.get(name)
            if isinstance(value, str) and value:
                self._people[value] = number
                made[name] = self._swap(label, value, form.format(number))
        return made

    def undone(self, value: Any) -> Any:
        """A value that was made of what the record says, with the words that were there before."""
        match value:
            case str():
                for new in sorted(self.swapped, key=len, reverse=True):
                    value = value.replace(new, self.swapped[new])
                return value
            case Mapping():
                return {key: self.undone(item) for key, item in value.items()}
            case list() | tuple():
                return [self.undone(item) for item in value]
            case _:
                return value

    def _inside(self, part: type[BaseModel], name: str, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self._inside(part, name, item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if _is_person(part):
            return self.person(value, name)
        return self.record(part, value)

    def _text(self, name: str, value: str) -> str:
        same = [number for (label, _), number in self._texts.items() if label == name]
        number = self._texts.setdefault((name, value), len(same) + 1)
        return self._swap(name, value, f"{name.replace('_', ' ').capitalize()} {number}")

    def _swap(self, label: str, old: str, new: str) -> str:
        self.swapped[new] = old
        self.fields.add(label)
        return new


def _is_person(model: type[BaseModel]) -> bool:
    marks = {name: mark(info).data_class for name, info in model.model_fields.items()}
    return all(marks.get(name) is DataClass.PERSONAL for name in ("id", "name"))


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:
    """Models in an annotation: `Person | None`, `tuple[Person, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)
