"""How long a test waits for what must come: longer than any machine takes. Only one that fails waits so long."""

import threading
import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds
LOOK_SECONDS = 0.02


def until(holds: Callable[[], object], *, seconds: float = PATIENCE) -> bool:
    """Whether something came true in time; looked at again and again."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < end:
        if holds():
            return True
        pause.wait(LOOK_SECONDS)
    return False
