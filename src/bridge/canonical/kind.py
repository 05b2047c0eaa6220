"""The register of record kinds. A new kind is a model and one call; it needs no migration."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

from bridge.canonical import record
from bridge.canonical.field import DataClass, Record, data_classes, requests, tracked
from bridge.canonical.personal import holds_people
from bridge.errors import RuleError


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A record kind: its name in mappings, its schema version and its model."""

    name: str
    model: type[Record]
    version: int = 1

    @cached_property
    def tracked(self) -> frozenset[str]:
        return tracked(self.model)

    @cached_property
    def requests(self) -> frozenset[str]:
        return requests(self.model)

    @cached_property
    def persons(self) -> frozenset[str]:
        """Names of the fields that name a person."""
        fields = self.model.model_fields
        return frozenset(name for name, info in fields.items() if _is_person(info.annotation))

    @cached_property
    def private(self) -> frozenset[str]:
        """Names of the fields that hold personal data or free text."""
        marked = (name for name, one in self.data_classes.items() if one is not DataClass.BUSINESS)
        fields = self.model.model_fields
        people = (name for name, info in fields.items() if holds_people(info.annotation))
        return self.persons.union(marked, people)

    @property
    def data_classes(self) -> dict[str, DataClass]:
        return data_classes(self.model)


class Kinds:
    """Record kinds by name."""

    def __init__(self, *kinds: Kind) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def register(self, kind: Kind) -> None:
        if kind.name in self._kinds:
            raise RuleError(f"record kind {kind.name!r} is registered already")
        self._kinds[kind.name] = kind

    def __getitem__(self, name: str) -> Kind:
        try:
            return self._kinds[name]
        except KeyError:
            known = ", ".join(sorted(self._kinds))
            raise RuleError(f"no record kind {name!r}; known kinds: {known}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())


def _is_person(annotation: Any) -> bool:
    return record.Person in (annotation, *get_args(annotation))


def standard() -> Kinds:
    """The kinds of the first day, in a register of its own that a caller may add to."""
    return Kinds(
        Kind(name="feedback", model=record.Feedback),
        Kind(name="work_item", model=record.WorkItem),
        Kind(name="comment", model=record.Comment),
        Kind(name="attachment", model=record.Attachment),
        Kind(name="release", model=record.Release),
        Kind(name="sprint", model=record.Sprint),
        Kind(name="project", model=record.Project),
        Kind(name="customer", model=record.Customer),
        Kind(name="alert", model=record.Alert),
    )
