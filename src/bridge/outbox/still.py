"""Whether a delivery is still to go, and as what: asked just before its call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.connectors.connected import Connected
from bridge.connectors.contract import Action
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

    def judge(self, claimed: Claimed, connected: Connected) -> End | Anew:
        """What a claim is to do now, or how it ends without a call. May make calls of its own."""
        ...


class AsItIs:
    """Where nobody judges."""

    def concerns(self, row: DeliveryRow) -> bool:
        return False

    def judge(self, claimed: Claimed, connected: Connected) -> End | Anew:
        raise NotImplementedError


AS_IT_IS = AsItIs()
