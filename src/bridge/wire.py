"""Bells of other nodes, by PostgreSQL's LISTEN and NOTIFY. What is said means only: look.

Whoever sends goes through the pool, as any transaction does. Listening is a session's own matter,
so it needs a connection straight to the server: behind a pooler in transaction mode nothing would
ever be heard, and nothing would say so. Therefore each connection is tried with one call of our own.
"""

import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from bridge.bell import DEAF_SECONDS, PATIENCE_SECONDS, Bells

CHANNEL = "bridge"
GAP_SECONDS = 0.02  # between two calls; what is asked meanwhile goes out together
CHECK_SECONDS = 30.0  # after so long without a word: does the server still answer?
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # before a connection is tried again; doubles
OFF = "off"
_OPTIONS = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10}
_DEAF = {
    "reason": "calls do not come back on this connection: it goes through a pooler",
    "remedy": "set BRIDGE_LISTEN_URL to the server's own address, or to off",
}

log = structlog.get_logger()


@dataclass(kw_only=True)
class Wire:
    """The wire of one node: calls others, and hears them. Without it, polling does the same later.

    send    commits one NOTIFY a payload, in one transaction
    url     straight to the server, as psycopg reads it; `off`: this node does not listen
    trial   seconds in which our own call must come back
    """

    node: str
    send: Callable[[Sequence[str]], None]
    url: str = field(repr=False)
    trial: float = 3.0
    _asked: threading.Event = field(default_factory=threading.Event)
    _names: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _plug: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)
    _said: str = ""  # why this node is deaf, as it was last said

    def call(self, name: str) -> None:
        """Tell the other nodes to look; returns at once."""
        with self._lock:
            self._names.add(name)
        self._asked.set()

    def start(self, bells: Bells) -> None:
        """Call and listen in threads of this process."""
        bells.patience = DEAF_SECONDS
        self._run("bridge-call-others", self._send_all)
        if self.url != OFF:
            self._run("bridge-listen", lambda: self._listen(bells))

    def close(self, grace: float = 10.0) -> None:
        """The first time; after that nothing is left to close."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._asked.set()
        self._plug[1].send(b"x")
        for thread in self._threads:
            thread.join(timeout=grace)
        for end in self._plug:
            end.close()

    def _run(self, name: str, body: Callable[[], None]) -> None:
        thread = threading.Thread(target=body, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _send_all(self) -> None:
        """Until it is closed; what was asked before that still goes out."""
        last = False
        while not last:
            self._asked.wait()
            self._asked.clear()
            last = self._stop.is_set()
            self._send_asked()
            self._stop.wait(GAP_SECONDS)

    def _send_asked(self) -> None:
        with self._lock:
            names, self._names = sorted(self._names), set()
        if not names:
            return
        try:
            self.send([f"{name} {self.node}" for name in names])
        except Exception as error:  # noqa: BLE001  (it is a hint: they look by themselves, too)
            log.warning("wire.not_called", error=type(error).__name__)

    def _listen(self, bells: Bells) -> None:
        """Connect, again and again."""
        wait = FIRST_WAIT
        while not self._stop.is_set():
            try:
                if self._hear(bells):
                    wait = FIRST_WAIT
            except Exception as error:  # noqa: BLE001  (polling goes on meanwhile)
                self._deaf(reason=type(error).__name__, remedy="polling goes on; it is tried again")
            bells.patience = DEAF_SECONDS
            bells.hear_all()  # those that rest long would not be woken
            self._stop.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    def _hear(self, bells: Bells) -> bool:
        """One connection, until it ends. False: nothing can be heard on it."""
        with psycopg.connect(make_conninfo(self.url, **_OPTIONS), autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            if not self._comes_back(connection):
                connection.execute("UNLISTEN *")
                self._deaf(**_DEAF)
                return False
            self._hears()
            bells.patience = PATIENCE_SECONDS
            bells.hear_all()  # what was called before we listened
            while not self._stop.is_set():
                for payload in self._words(connection, CHECK_SECONDS):
                    self._ring(bells, payload)
        return True

    def _comes_back(self, connection: psycopg.Connection) -> bool:
        """Whether a call through the pool is heard here."""
        trial = f"trial {secrets.token_hex(8)}"
        self.send([trial])
        until = time.monotonic() + self.trial
        while (left := until - time.monotonic()) > 0 and not self._stop.is_set():
            if trial in self._words(connection, left):
                return True
        return False

    def _words(self, connection: psycopg.Connection, seconds: float) -> Iterator[str]:
        """What is heard next; nothing after so many seconds of a server that still answers."""
        ready, _, _ = select.select([connection.fileno(), self._plug[0].fileno()], [], [], seconds)
        if connection.fileno() not in ready:
            connection.execute("SELECT 1")
        for note in connection.notifies(timeout=0):
            yield note.payload

    def _ring(self, bells: Bells, payload: str) -> None:
        name, _, node = payload.partition(" ")
        if node != self.node:
            bells.hear(name)

    def _deaf(self, *, reason: str, remedy: str) -> None:
        """Said once, until it is heard again."""
        if reason != self._said:
            log.warning("wire.deaf", reason=reason, remedy=remedy)
        self._said = reason

    def _hears(self) -> None:
        if self._said:
            log.info("wire.hears_again")
        self._said = ""
