"""Whether a delivery is still to go, and as what: asked just before its call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.connectors.action import Action
from bridge.connectors.connected import Connected
from bridge.outbox.claims import Claimed, End
from bridge.outbox.tables import DeliveryRow


@dataclass(frozen=True, kw_only=True)
class Anew:
    """It goes as this. `told` goes into its result, for who follows up."""

    action: Action[Any]
    told: Mapping[str, Any]


class Still(Protocol):
    """Who judges deliveries anew. What is judged carries what is true now, whatever came between: so
    newer events do not overtake it."""

    def concerns(self, row: DeliveryRow) -> bool:
        """Whether it judges such a delivery."""
        ...

    def look(self, claims: Sequence[Claimed], connected: Connected) -> None:
        """Ask the vendor, for claims of one call, what has to be known before they are judged."""
        ...

    def judge(self, claimed: Claimed) -> End | Anew:
        """What a claim is to do now, or how it ends without a call."""
        ...


class AsItIs:
    """Where nobody judges."""

    def concerns(self, row: DeliveryRow) -> bool:
        return False

    def look(self, claims: Sequence[Claimed], connected: Connected) -> None:
        raise NotImplementedError

    def judge(self, claimed: Claimed) -> End | Anew:
        raise NotImplementedError


AS_IT_IS = AsItIs()


def not_needed() -> None:
    """The look of what nobody judges."""
