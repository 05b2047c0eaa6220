"""What the operator sets for a Teams connection in `bridge.yaml`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from bridge.canonical.duration import Duration
from bridge.connectors.contract import ConnectionSettings
from bridge.connectors.limits import CALLS
from bridge.connectors.teams.url import Address, address
from bridge.errors import SettingError, Unconfigured
from bridge.secret import SecretRef

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class ChannelSettings(BaseModel):
    """One channel of one team. The Workflows URL is a credential as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretRef
    team: str = ""  # for people: where the cards appear
    description: str = ""


class WebhookSettings(BaseModel):
    """An Outgoing Webhook of a team: people mention it, and Teams calls us.

    Two tokens may be valid at once. A token belongs to one team; `teams` narrows it further.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    secrets: tuple[SecretRef, ...] = Field(min_length=1)
    tenants: tuple[_Id, ...] = Field(min_length=1)  # Entra tenant ids
    teams: tuple[_Id, ...] = ()  # 19:…@thread.tacv2; none named: every team of these tenants
    tolerance: Duration = timedelta(minutes=5)  # the signature holds no time: a replay is older


class TeamsSettings(ConnectionSettings):
    """A Teams connection: named channels, and perhaps a way in."""

    limit_names: ClassVar[tuple[str, ...]] = (CALLS, "channel")

    system: Literal["teams"] = "teams"
    channels: Mapping[str, ChannelSettings] = Field(default_factory=dict)
    webhook: WebhookSettings | None = None

    @field_validator("channels")
    @classmethod
    def _plain_names(cls, value: Mapping[str, ChannelSettings]) -> Mapping[str, ChannelSettings]:
        for name in value:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"channel name {name!r}: use lower-case letters, digits, - and _, at most 63"
                )
        return value


def channel_address(settings: TeamsSettings, name: str) -> Address:
    """Where the cards of a channel go, read afresh, so that a rotated secret needs no restart.

    Raises SettingError for an unknown channel or a wrong URL, Unconfigured without its secret.
    """
    channel = settings.channels.get(name)
    if channel is None:
        known = ", ".join(sorted(settings.channels)) or "none"
        raise SettingError(f"no channel {name!r} on this connection; there are: {known}")
    return address(channel.url.reveal(), channel=name, allow_hosts=settings.allow_hosts)


def validate(settings: TeamsSettings) -> None:
    """Refuse the start when a channel's URL is there and wrong: retired kinds, foreign hosts.

    A secret that is missing is not judged here: it stops its own channel, not the whole service.
    Raises SettingError that names every such channel.
    """
    faults = []
    for name in settings.channels:
        try:
            channel_address(settings, name)
        except Unconfigured:
            continue
        except SettingError as error:
            faults.append(str(error))
    if faults:
        raise SettingError("\n".join(faults))


def hosts(settings: TeamsSettings) -> tuple[str, ...]:
    """Hosts of the channels whose URL is there and right, each once; no other may be called."""
    found = set()
    for name in settings.channels:
        try:
            found.add(channel_address(settings, name).host)
        except (Unconfigured, SettingError):
            continue
    return tuple(sorted(found))
