"""Access tokens: opaque, revocable, and gone after two hours without use."""

import random
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from bridge.clock import Clock
from bridge.connectors.salesforce.simulator.vendor import SESSION_SECONDS
from bridge.connectors.simulation.scale import Pace

_ALPHABET = string.ascii_letters + string.digits + "._"
_TOKEN_CHARS = 96


@dataclass(frozen=True)
class Session:
    user: str
    until: datetime


class Sessions:
    """Thread-safe. A use pushes the end of a session out: the timeout is one of inactivity."""

    def __init__(self, org_id: str, *, clock: Clock, pace: Pace, seed: int) -> None:
        self._org_id = org_id[:15]
        self._clock = clock
        self._life = timedelta(seconds=pace.seconds(SESSION_SECONDS))
        self._random = random.Random(seed)  # noqa: S311  (a simulator's tokens guard nothing)
        self._lock = Lock()
        self._sessions: dict[str, Session] = {}
        self.opened = 0

    def open(self, user: str) -> str:
        """A new token: the org's id, `!`, and noise."""
        with self._lock:
            noise = "".join(self._random.choices(_ALPHABET, k=_TOKEN_CHARS))
            token = f"{self._org_id}!AQ{noise}"
            self._sessions[token] = Session(user, self._clock.now() + self._life)
            self.opened += 1
            return token

    def user(self, authorization: str) -> str | None:
        """Whose session an `Authorization` header holds; `None` if it is none or has ended."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in {"bearer", "oauth"}:
            return None
        with self._lock:
            session = self._sessions.get(token.strip())
            now = self._clock.now()
            if session is None or session.until <= now:
                return None
            self._sessions[token.strip()] = Session(session.user, now + self._life)
            return session.user

    def revoke(self, token: str) -> bool:
        """Whether there was such a session."""
        with self._lock:
            return self._sessions.pop(token, None) is not None

    def expire_all(self) -> None:
        with self._lock:
            self._sessions.clear()
