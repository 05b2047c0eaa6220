"""The search index: what search knows, some time after it happened."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.connectors.jira.simulator.limits import INDEX_LAG
from bridge.connectors.jira.simulator.state import Issue, State


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An issue as the index has it, visible from `at` (monotonic seconds) on."""

    id: int
    key: str
    values: Mapping[str, Any]
    at: float


class Index:
    """Keeps what each issue was, until the newer form becomes visible."""

    def __init__(self, state: State, *, lag: float = INDEX_LAG) -> None:
        self._state = state
        self._entries: dict[int, list[Entry]] = {}
        self.lag = lag  # vendor seconds
        state.written.append(self.note)

    def note(self, issue: Issue) -> None:
        """A write happened; search learns of it after the lag."""
        at = self._state.clock.monotonic() + self._state.pace.seconds(self.lag)
        entry = entry_of(issue, at=at)
        self._entries[issue.id] = [*self._visible(issue.id), *self._coming(issue.id), entry]

    def entries(self, reconciled: Collection[int]) -> Iterator[Entry]:
        """What a search sees; issues whose ids are reconciled are seen as they are now."""
        for issue in self._state.issues.values():
            if issue.id in reconciled:
                yield entry_of(issue)
            else:
                yield from self._visible(issue.id)

    def _visible(self, issue: int) -> list[Entry]:
        """The newest entry that can be seen, if any."""
        now = self._state.clock.monotonic()
        return [entry for entry in self._entries.get(issue, ()) if entry.at <= now][-1:]

    def _coming(self, issue: int) -> list[Entry]:
        now = self._state.clock.monotonic()
        return [entry for entry in self._entries.get(issue, ()) if entry.at > now]


def entry_of(issue: Issue, *, at: float = 0.0) -> Entry:
    """The issue as it is now."""
    return Entry(id=issue.id, key=issue.key, values=dict(issue.values), at=at)
