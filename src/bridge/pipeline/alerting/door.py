"""Whether cards of a route may go out now, and what a card says of that. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.alerts import plan
from bridge.alerts.plan import Cap
from bridge.canonical import duration
from bridge.rules.route import Route

_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Door:
    """A route's hours and cap at one moment. `sent`: when the cards of the cap's window went;
    `hours`: outside of them until then. A rule that is gone has neither.
    """

    route: Route | None = None
    cap: Cap | None = None
    sent: Sequence[datetime] = ()
    hours: datetime | None = None
    now: datetime = _EARLIEST

    @property
    def room(self) -> int | None:
        return plan.room(self.cap, self.sent, self.now)

    @property
    def shut_until(self) -> datetime | None:
        """When anything may be said again; `None`: now."""
        if self.cap is None or self.room:
            return self.hours
        frees = plan.frees_at(self.cap, self.sent, self.now)
        return frees if self.hours is None else max(frees, self.hours)

    def note(self, number: int, *, waited: bool) -> str:
        """What the card of this number, of those that go now, says beside its alerts."""
        said = [self._why_late()] if waited else []
        if self.cap is not None and self.room == number:
            gone = [*self.sent, *[self.now] * number]
            opens = plan.frees_at(self.cap, gone, self.now)
            said.append(
                f"This is card {self.cap.cards} of {self._cap()}: what follows is told together at"
                f" {opens:%Y-%m-%d %H:%M} UTC."
            )
        return " ".join(said)

    def _why_late(self) -> str:
        form = self.route.form if self.route is not None else None
        why = ["quiet hours"] if form is not None and form.quiet_hours else []
        why += ["nobody at work"] if form is not None and form.business_hours else []
        why += [f"no more than {self._cap()}"] if self.cap is not None else []
        return f"Kept back until now: {' or '.join(why)}." if why else ""

    def _cap(self) -> str:
        assert self.cap is not None
        return f"{self.cap.cards} in {duration.text(self.cap.per)}"
