"""Calls that deliveries come to at most, and the busiest stretch of each quota. Events come in order."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bridge.outbox.arming import Actions
from bridge.pipeline.dry_run.allowance import Allowance
from bridge.pipeline.dry_run.report import Calls, Quota
from bridge.rules.arguments import fitted
from bridge.rules.decision import Ask

MOST = 10  # parts of one connection that are shown
Side = Literal["then", "now"]


@dataclass(kw_only=True)
class Stretch:
    """Calls of the stretch of time that is under way, and of the busiest so far."""

    number: int = -1
    calls: Counter[str] = field(default_factory=Counter)
    busiest: Counter[str] = field(default_factory=Counter)

    def add(self, number: int, side: Side, calls: int) -> None:
        if number != self.number:
            self.number, self.calls = number, Counter()
        self.calls[side] += calls
        self.busiest[side] = max(self.busiest[side], self.calls[side])


@dataclass(kw_only=True)
class CallTally:
    """Of both answers. Stretches are those of the calendar: whole hours, whole days of UTC."""

    actions: Actions
    allowances: Mapping[str, list[Allowance]]  # by connection
    _calls: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _stretches: defaultdict[tuple[Allowance, str], Stretch] = field(
        default_factory=lambda: defaultdict(Stretch)
    )

    @classmethod
    def over(cls, actions: Actions, allowances: Iterable[Allowance]) -> "CallTally":
        known: dict[str, list[Allowance]] = {}
        for one in allowances:
            known.setdefault(one.connection, []).append(one)
        return cls(actions=actions, allowances=known)

    def add(self, ask: Ask, at: datetime, *, side: Side) -> None:
        """Count a delivery of an event of that time."""
        calls = self.actions[ask.action].calls
        self._calls[ask.connection][side] += calls
        for one in self.allowances.get(ask.connection, ()):
            key = one, self._part(ask) if one.each_part else ""
            self._stretches[key].add(int(at.timestamp() // one.seconds), side, calls)

    def report(self, systems: Mapping[str, str]) -> Iterator[Calls]:
        """By connection."""
        for connection, counted in sorted(self._calls.items()):
            yield Calls(
                connection=connection,
                system=systems.get(connection, ""),
                then=counted["then"],
                now=counted["now"],
                quotas=tuple(self._quotas(connection)),
            )

    def _quotas(self, connection: str) -> list[Quota]:
        """Of each part the window that is fullest; then the fullest parts."""
        found: dict[str, Quota] = {}
        for (one, part), stretch in self._stretches.items():
            if one.connection != connection:
                continue
            quota = Quota(
                name=one.name,
                part=part,
                window_seconds=one.seconds,
                limit=one.limit,
                busiest_then=stretch.busiest["then"],
                busiest_now=stretch.busiest["now"],
            )
            found[part] = max(found.get(part, quota), quota, key=_fullness)
        return sorted(found.values(), key=_fullness, reverse=True)[:MOST]

    def _part(self, ask: Ask) -> str:
        """The part of the connection that it goes by, as its ordering key names it."""
        kind = self.actions[ask.action]
        action = fitted(kind, ask.args, target=kind.target)
        return "" if isinstance(action, str) else action.ordering_key()


def _fullness(one: Quota) -> float:
    return max(one.share_then, one.share_now)
