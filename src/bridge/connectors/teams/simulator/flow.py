"""One channel's flow: its URL with the signature in it, and whether it runs."""

import base64
import random
from dataclasses import dataclass, field
from enum import StrEnum

PATH = "/powerautomate/automations/direct/workflows"
TRIGGER = "/triggers/manual/paths/invoke"


class State(StrEnum):
    """`restricted`: only people of the tenant may trigger it, with an Entra token."""

    ON = "on"
    OFF = "off"
    DELETED = "deleted"
    RESTRICTED = "restricted"


@dataclass(kw_only=True)
class Flow:
    channel: str
    workflow: str
    signature: str = field(repr=False)
    state: State = State.ON

    @property
    def query(self) -> str:
        return f"api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={self.signature}"

    def url(self, base: str) -> str:
        """What the person who made the flow copies into a secret."""
        return f"{base.rstrip('/')}{PATH}/{self.workflow}{TRIGGER}?{self.query}"


def new_flow(channel: str, dice: random.Random) -> Flow:
    return Flow(channel=channel, workflow=dice.randbytes(16).hex(), signature=new_signature(dice))


def new_signature(dice: random.Random) -> str:
    """43 letters, as the real one."""
    return base64.urlsafe_b64encode(dice.randbytes(32)).decode("ascii").rstrip("=")
