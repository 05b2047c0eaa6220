"""Turns of threads: one at a time, in the order in which they came."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """One writer at a time, in the order in which they came; who is `first` goes before the others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writer: int | None = None
        self._first: deque[tuple[int, threading.Event]] = deque()
        self._others: deque[tuple[int, threading.Event]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._first) + len(self._others)

    @contextmanager
    def taken(self, *, first: bool = False) -> Iterator[None]:
        """Raises RuntimeError inside another turn of this thread: it would wait for itself."""
        me, called = threading.get_ident(), threading.Event()
        with self._lock:
            if self._writer == me:
                raise RuntimeError("a write transaction was begun inside another one")
            if self._writer is None:
                self._writer = me
                called.set()
            else:
                (self._first if first else self._others).append((me, called))
        called.wait()
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        with self._lock:
            waiting = self._first or self._others
            self._writer, called = waiting.popleft() if waiting else (None, None)
        if called:
            called.set()
