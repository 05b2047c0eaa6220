"""Which claims may share a bulk call: as many as fit, or, where it shows less of each, a crowd. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.connectors.contract import Action

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

    def crowds(self, waiting: Iterable[Bulk]) -> Collection[Bulk]:
        """Of all that wait and are not urgent: the bulk calls that the shy share all the same."""
        count = Counter(bulk for bulk in waiting if self.shy(bulk))
        return {bulk for bulk, many in count.items() if many > self.behind[kind(bulk)]}


def kind(bulk: Bulk) -> str:
    """The action's kind; empty for what goes alone."""
    return bulk[1].partition("|")[0]
