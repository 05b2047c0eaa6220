"""What a viewer does not see: personal data and free text of records (ADR 0045). Decided here alone.

A route that shows values of records takes `Veiled`, and shows them through it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from bridge.access.guard import Viewer
from bridge.access.keys import Role
from bridge.canonical.kind import Kinds
from bridge.canonical.personal import HIDDEN
from bridge.canonical.quoted import unquoted

# Labels of an alert that Bridge itself gives; all others are words of a record.
_OWN_LABELS = frozenset({"rule", "step", "connection"})


@dataclass(frozen=True, kw_only=True)
class Veil:
    """How values are shown to somebody. `lifted`: as they are, to operators and admins."""

    kinds: Kinds
    lifted: bool

    def value(self, kind: str, field: str, value: Any) -> Any:
        """A field of a record. Of a kind that nobody knows any more, every field may be private."""
        if self.lifted or value is None or self._is_public(kind, field):
            return value
        return HIDDEN

    def data(self, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """A record, or a part of it."""
        return {name: self.value(kind, name, value) for name, value in data.items()}

    def changes(self, kind: str, changes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Changes of an event: a field, before and after."""
        return [
            {
                **one,
                "before": self.value(kind, one["field"], one.get("before")),
                "after": self.value(kind, one["field"], one.get("after")),
            }
            for one in changes
        ]

    def facts(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """What an event was decided with: other records, whole."""
        return dict(facts) if self.lifted else {}

    def words(self, said: str, sent: Any) -> str:
        """What a vendor answered to what was `sent`: a refusal may quote it."""
        return said if self.lifted else unquoted(said, sent)

    def text(self, said: str) -> str:
        """Words that were made of a record, by nobody knows which of its fields."""
        return said if self.lifted or not said else HIDDEN

    def labels(self, labels: Mapping[str, str]) -> dict[str, str]:
        """Labels of an alert, which are named after fields of a record, or as a rule says."""
        return {name: self._label(name, value) for name, value in labels.items()}

    def _label(self, name: str, value: str) -> str:
        kind, _, path = name.partition(".")
        field = path.partition(".")[0]
        return value if name in _OWN_LABELS else str(self.value(kind, field, value))

    def _is_public(self, kind: str, field: str) -> bool:
        if kind not in self.kinds:
            return False
        known = self.kinds[kind]
        return field in known.model.model_fields and field not in known.private


def veil(who: Viewer, request: Request) -> Veil:
    """The veil before whoever asks."""
    kinds: Kinds = request.app.state.kinds
    return Veil(kinds=kinds, lifted=who.role.allows(Role.OPERATOR))


Veiled = Annotated[Veil, Depends(veil)]
