"""Whether a delivery is still to go, and as what: asked just before its call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.connectors.connected import Connected
from bridge.connectors.contract import Action
from bridge.outbox.claims import Claimed, End


@dataclass(frozen=True, kw_only=True)
class Anew:
    """It goes as this. `told` goes into its result, for who follows up."""

    action: Action[Any]
    told: Mapping[str, Any]


# (claim, its connection) -> how it ended without a call; what it is now; `None`: it goes as it is.
Still = Callable[[Claimed, Connected], End | Anew | None]


def as_it_is(claimed: Claimed, connected: Connected) -> None:
    """Where nobody judges."""
    return
