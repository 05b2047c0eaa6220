"""What is done to something that may be gone: then there is nothing to do, and nothing is made anew."""

from collections.abc import Callable
from dataclasses import replace

from bridge.connectors.action import Outcome, Receipt
from bridge.errors import PermanentError


def unless_gone(
    act: Callable[[], None],
    done: Receipt,
    *,
    what: str,
    is_gone: Callable[[PermanentError], bool],
) -> Receipt:
    """Do it. `done`: what came of it, or would have; `what`: the thing, in a word for people."""
    try:
        act()
    except PermanentError as error:
        if not is_gone(error):
            raise
        return replace(done, outcome=Outcome.UNCHANGED, note=f"the {what} is gone there")
    return done
