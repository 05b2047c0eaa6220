"""Calls that deliveries come to at most, and the busiest stretch of each quota. Events come in order."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bridge.outbox.arming import Actions
from bridge.pipeline.dry_run.allowance import Allowance
from bridge.pipeline.dry_run.report import Calls, Quota
from bridge.rules.arguments import fitted
from bridge.rules.decision import Ask

MOST = 10  # quotas of one connection that are shown, the fullest first
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
    _calls: dict[str, Counter[str]] = field(default_factory=dict)
    _stretches: dict[tuple[Allowance, str], Stretch] = field(default_factory=dict)

    @classmethod
    def over(cls, actions: Actions, allowances: Iterable[Allowance]) -> "CallTally":
        known: dict[str, list[Allowance]] = {}
        for one in allowances:
            known.setdefault(one.connection, []).append(one)
        return cls(actions=actions, allowances=known)

    def add(self, ask: Ask, at: datetime, *, side: Side) -> None:
        """Count a delivery of an event of that time."""
        calls = self.actions[ask.action].calls
        self._calls.setdefault(ask.connection, Counter())[side] += calls
        for one in self.allowances.get(ask.connection, ()):
            key = one, self._part(ask) if one.each_part else ""
            stretch = self._stretches.setdefault(key, Stretch())
            stretch.add(int(at.timestamp() // one.seconds), side, calls)

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
        found = [
            Quota(
                name=one.name,
                part=part,
                window_seconds=one.seconds,
                limit=one.limit,
                busiest_then=stretch.busiest["then"],
                busiest_now=stretch.busiest["now"],
            )
            for (one, part), stretch in self._stretches.items()
            if one.connection == connection
        ]
        return sorted(found, key=lambda one: -max(one.share_then, one.share_now))[:MOST]

    def _part(self, ask: Ask) -> str:
        """The part of the connection that it goes by, as its ordering key names it."""
        kind = self.actions[ask.action]
        action = fitted(kind, ask.args, target=kind.target)
        return "" if isinstance(action, str) else action.ordering_key()
