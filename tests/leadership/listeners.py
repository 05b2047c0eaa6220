"""Who is told of jobs that fail, and what these tests call their fixtures."""

from collections.abc import Callable

from bridge.leadership.clockwork import Clockwork, Told

Node = Callable[..., Clockwork]
Done = Callable[[], list[str]]


class Heard:
    """Who is told of jobs that fail."""

    def __init__(self) -> None:
        self.failed: list[tuple[str, str]] = []
        self.mended: list[str] = []

    def told(self) -> Told:
        return Told(
            failed=lambda _, name, reason: self.failed.append((name, reason)),
            mended=lambda _, name: self.mended.append(name),
        )
