"""Group commit: what arrives together is worked on together, by one thread, with an answer for each."""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Group(Generic[T, R]):
    """Hands items to `work` in groups of up to `rows`; while one group is at work the next one gathers.

    `work` gives an answer for each item, in their order; what it raises, all of the group get.
    """

    def __init__(
        self, name: str, work: Callable[[Sequence[T]], Sequence[R]], *, rows: int = 200
    ) -> None:
        self._work, self._rows = work, rows
        self._queue: queue.SimpleQueue[tuple[T, Future[R]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._starting = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many are not at work yet."""
        return self._queue.qsize()

    def submit(self, item: T) -> "Future[R]":
        """An answer to come. The thread starts with the first item."""
        future: Future[R] = Future()
        self._queue.put((item, future))
        with self._starting:
            if self._thread.ident is None:
                self._thread.start()
        return future

    def close(self, grace: float = 30.0) -> None:
        """Work on what is there, then stop."""
        self._queue.put(None)
        if self._thread.ident is not None:
            self._thread.join(timeout=grace)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, last = self._gather(first)
            self._answer(group)
            if last:
                return

    def _gather(self, first: tuple[T, "Future[R]"]) -> tuple[list[tuple[T, "Future[R]"]], bool]:
        group = [first]
        while len(group) < self._rows:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return group, False
            if item is None:
                return group, True
            group.append(item)
        return group, False

    def _answer(self, group: Sequence[tuple[T, "Future[R]"]]) -> None:
        group = [one for one in group if one[1].set_running_or_notify_cancel()]
        try:
            worked = self._work([item for item, _ in group])
            answers = list(zip(group, worked, strict=True))
        except BaseException as error:  # whoever waits must be told, whatever it was
            for _, future in group:
                future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), answer in answers:
            future.set_result(answer)
