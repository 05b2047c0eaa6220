"""A clock by which others are let pass: whenever it is asked, they do something."""

from collections.abc import Callable

from typing_extensions import override

from clocks import FakeClock


class PassingClock(FakeClock):
    """Retention asks it between its transactions."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    @override
    def monotonic(self) -> float:
        self._meanwhile()
        return super().monotonic()
