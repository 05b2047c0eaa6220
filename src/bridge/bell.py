"""Bells: who makes work wakes the loop that does it, here, and at other nodes when this one is busy."""

import threading
from collections.abc import Callable
from functools import partial

INBOX, OUTBOX, CHORES, PAST = "inbox", "outbox", "chores", "past"
NAMES = (INBOX, OUTBOX, CHORES, PAST)
PATIENCE_SECONDS = 5.0  # between looks of a loop that would be woken: the safety net
DEAF_SECONDS = 1.0  # between looks where other nodes cannot be heard


class Bell:
    """One loop rests by it. A ring is never lost: what rings after `rest` returned ends the next."""

    def __init__(self, call_others: Callable[[], None]) -> None:
        self._rung = threading.Event()
        self._call_others = call_others
        self.free = False  # somebody rests here, and will take what comes

    def ring(self) -> None:
        """There is work, and it is committed. Other nodes hear of it where nobody here is free."""
        self._rung.set()
        if not self.free:
            self._call_others()

    def hear(self) -> None:
        """Another node rang, or this one should look for itself."""
        self._rung.set()

    def call_others(self) -> None:
        """This node has as much as it can take: there may be more."""
        self._call_others()

    def rest(self, seconds: float, *, full: bool = False) -> bool:
        """Until it rings: whether it did. `full`: no hand is free here, so a ring goes to others too."""
        self.free = not full
        rang = self._rung.wait(seconds)
        self.free = False
        self._rung.clear()  # before the look that follows: what rings from now on is about the next
        return rang


def _nobody(_: str) -> None:
    """There is no other node."""


class Bells:
    """The bells of one process.

    `call` tells other nodes of a bell; without it there are none. `patience` is how long a loop may
    rest that nobody wakes: long while whoever makes work can be heard.
    """

    def __init__(self, call: Callable[[str], None] = _nobody) -> None:
        self._bells = {name: Bell(partial(call, name)) for name in NAMES}
        self.patience = PATIENCE_SECONDS

    @property
    def hears(self) -> bool:
        """Whether all who make work can wake this process."""
        return self.patience == PATIENCE_SECONDS

    def __getitem__(self, name: str) -> Bell:
        return self._bells[name]

    def ring(self, name: str) -> None:
        self._bells[name].ring()

    def hear(self, name: str) -> None:
        """Another node rang. A newer one may know bells that are not here."""
        if name in self._bells:
            self._bells[name].hear()

    def hear_all(self) -> None:
        """Something may have been missed: look everywhere."""
        for bell in self._bells.values():
            bell.hear()
