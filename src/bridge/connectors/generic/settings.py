"""What an operator sets for a system that has no connector of its own and can sign what it sends."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bridge.canonical.duration import Duration
from bridge.connectors.contract import ConnectionSettings
from bridge.secret import SecretRef

Part = Literal["object", "id", "act", "stamp", "version", "fields"]
Path = Annotated[str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)*$")]
Kind = Annotated[str, Field(pattern=r"^[^:\s]+$")]


class Webhook(BaseModel):
    """The way in. Several secrets are valid at once, so that one can be changed without a gap.

    A secret that starts with `whsec_` holds its key in base64, as Standard Webhooks write it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    secrets: tuple[SecretRef, ...] = ()
    tolerance: Duration = Field(
        default=timedelta(minutes=5), ge=timedelta(seconds=1), le=timedelta(hours=1)
    )


class GenericSettings(ConnectionSettings):
    """One sender of signed JSON.

    object  the kind of what it sends, where its messages do not say
    paths   where its JSON has the parts of a record, if not under their own names: `data.ticket.id`
    """

    system: Literal["generic"]
    webhook: Webhook = Webhook()
    object: Kind | None = None
    paths: Mapping[Part, Path] = {}
