"""One group of alerts without a database: what happens to it, and every card it made."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bridge.alerts.machine import Alert, State, Step, Telling, Terms, look, look_at
from clocks import START

FAR = timedelta(days=900)


@dataclass(kw_only=True)
class Story:
    """`cards`: when each went, and what it told. Looks only when it said that it must."""

    terms: Terms
    now: datetime = START
    shut_until: datetime | None = None
    told_at: datetime | None = None
    look_at: datetime | None = None
    there: dict[str, Alert] = field(default_factory=dict)
    over: dict[str, str] = field(default_factory=dict)
    raised: dict[str, datetime] = field(default_factory=dict)
    cards: list[tuple[datetime, Telling]] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    signs: Counter[str] = field(default_factory=Counter)  # events that said so
    disturbed: list[str] = field(default_factory=list)  # told although they were silenced

    def raise_(self, name: str) -> None:
        """An event says so; by another id once the one of this name is over."""
        one = self.open(name)
        if one is None:
            one = f"{name}/{len(self.raised)}"
            self.raised[one] = self.now
            self.there[one] = Alert(id=one, state=State.FIRING, ready_at=self.now)
        else:
            self.there[one] = replace(
                self.there[one], state=State.FIRING, resolved_at=None, seen_again=True
            )
        self.signs[one] += 1
        self._touch(one)

    def resolve(self, name: str) -> None:
        one = self.open(name)
        if one is not None and self.there[one].state is State.FIRING and self.terms.lasts:
            self.there[one] = replace(self.there[one], state=State.RESOLVED, resolved_at=self.now)
            self._touch(one)

    def mute(self, name: str, lasts: timedelta) -> None:
        """A silence of it; it is looked at once more, as when a silence is added."""
        one = self.open(name)
        if one is not None:
            self.there[one] = replace(self.there[one], muted_until=self.now + lasts)

    def shut(self, lasts: timedelta) -> None:
        self.shut_until = self.now + lasts

    def pass_(self, time: timedelta) -> None:
        """Time passes, and the group is looked at whenever it asked for it."""
        until = self.now + time
        while self.look_at is not None and self.look_at <= until:
            self.now = max(self.now, self.look_at)
            self.look()
            assert self.look_at is None or self.look_at > self.now, "it asks for a look for ever"
        self.now = until

    def look(self) -> Step:
        self._expire()
        step = look(
            list(self.there.values()),
            self.told_at,
            self.terms,
            now=self.now,
            shut_until=self.shut_until,
        )
        self.look_at = step.look_at
        self.held |= set(step.held_back)
        if step.telling is not None:
            self.cards.append((self.now, step.telling))
            self.told_at = self.now
            said = {*step.telling.firing, *step.telling.resolved}
            self.disturbed += [one for one in said if self.there[one].muted_until]
        for one in list(self.there):
            self._follow(one, step)
        return step

    def end(self) -> None:
        """All that hinders is over, everything is resolved, and much time passes."""
        self.shut_until = None
        self.there = {one: replace(alert, muted_until=None) for one, alert in self.there.items()}
        self.look()
        self.pass_(self.terms.wait + self.terms.interval + self.terms.repeat)
        for one in list(self.there):
            self.resolve(one.partition("/")[0])
        self.pass_(FAR)

    def open(self, name: str) -> str | None:
        return next((one for one in self.there if one.partition("/")[0] == name), None)

    def tellings(self, one: str) -> list[datetime]:
        """When it was told that it fires."""
        return [at for at, telling in self.cards if one in telling.firing]

    def _expire(self) -> None:
        if self.shut_until is not None and self.shut_until <= self.now:
            self.shut_until = None
        for one, alert in self.there.items():
            if alert.muted_until is not None and alert.muted_until <= self.now:
                self.there[one] = replace(alert, muted_until=None)

    def _follow(self, one: str, step: Step) -> None:
        if one in step.over:
            self.over[one] = step.over[one]
            del self.there[one]
        elif step.telling is not None and one in step.telling.firing:
            self.there[one] = replace(
                self.there[one], told_at=self.now, seen_again=False, held_back=False
            )
        elif one in step.held_back:
            self.there[one] = replace(self.there[one], held_back=True)

    def _touch(self, one: str) -> None:
        wanted = look_at(self.there[one], self.told_at, self.terms)
        if wanted is not None and (self.look_at is None or wanted < self.look_at):
            self.look_at = wanted
