"""Describes of objects as our user sees them, kept for a while."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bridge.connectors.salesforce.payloads import FieldDescribe, ObjectDescribe

KEPT_SECONDS = 600.0
DOUBTED_SECONDS = 30.0  # an unknown field asks again, unless the describe is as fresh as this


@dataclass(frozen=True)
class Describe:
    """An object's fields, by API name whatever its case."""

    object: ObjectDescribe

    @cached_property
    def _fields(self) -> Mapping[str, FieldDescribe]:
        return {field.name.lower(): field for field in self.object.fields}

    @property
    def names(self) -> list[str]:
        return [field.name for field in self.object.fields]

    def field(self, name: str) -> FieldDescribe | None:
        return self._fields.get(name.lower())

    def relationship(self, name: str) -> FieldDescribe | None:
        """The field behind a relationship's name: `Contact` for `ContactId`."""
        wanted = name.lower()
        return next(
            (
                field
                for field in self.object.fields
                if field.relationship and field.relationship.lower() == wanted
            ),
            None,
        )

    def lacks(self, names: Iterable[str]) -> bool:
        """Whether a name is neither a field nor a relationship here."""
        return any(self.field(name) is None and self.relationship(name) is None for name in names)


class Describes:
    """A cache over `fetch`; `monotonic` gives seconds."""

    def __init__(
        self, fetch: Callable[[str], ObjectDescribe], *, monotonic: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Describe]] = {}

    def of(self, name: str) -> Describe:
        """An object's describe, at most `KEPT_SECONDS` old."""
        return self._younger_than(name, KEPT_SECONDS)

    def doubted(self, name: str) -> Describe:
        """The same when something seems to be missing: an admin may have just added it."""
        return self._younger_than(name, DOUBTED_SECONDS)

    def _younger_than(self, name: str, seconds: float) -> Describe:
        with self._lock:
            now = self._monotonic()
            found = self._kept.get(name)
            if found is not None and now - found[0] < seconds:
                return found[1]
            describe = Describe(self._fetch(name))
            self._kept[name] = (now, describe)
            return describe
