"""Which claims may share a bulk call: as many as fit, or, where it shows less of each, a crowd. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.connectors.action import Action

Bulk = tuple[str, str]  # connection and batch


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """By action kind: how many fit into one call, and how many may wait before they share one."""

    sizes: Mapping[str, int] = field(default_factory=dict)
    behind: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, actions: Mapping[str, type[Action[Any]]]) -> "Sharing":
        return cls(
            sizes={kind: action.batch for kind, action in actions.items() if action.batch > 1},
            behind={kind: action.behind for kind, action in actions.items() if action.behind},
        )

    def size(self, bulk: Bulk) -> int:
        return self.sizes.get(kind(bulk), 1)

    def shy(self, bulk: Bulk) -> bool:
        """Whether they had rather go alone."""
        return kind(bulk) in self.behind

    def crowds(
        self, waiting: Iterable[tuple[str, Bulk]], scarce: Mapping[str, int]
    ) -> Collection[Bulk]:
        """Of all that wait and are not urgent, by key: the bulk calls that the shy share all the same.

        Those are many, or more than their place will take before they have to wait: `scarce`.
        """
        count = Counter[Bulk]()
        room: dict[Bulk, int] = {}
        for key, bulk in waiting:
            if self.shy(bulk):
                count[bulk] += 1
                left = [most for place, most in scarce.items() if is_within(key, place)]
                room[bulk] = min([room.get(bulk, self.behind[kind(bulk)]), *left])
        return {bulk for bulk, many in count.items() if many > max(1, room[bulk])}


def is_within(key: str, start: str) -> bool:
    """Whether an ordering key begins with this part of a connection."""
    return f"{key}|".startswith(f"{start}|")


def kind(bulk: Bulk) -> str:
    """The action's kind; empty for what goes alone."""
    return bulk[1].partition("|")[0]
