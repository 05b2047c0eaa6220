"""What an Outgoing Webhook sends (Microsoft, "Create an Outgoing Webhook"); a Bot Framework activity."""

from typing import Any

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bridge.errors import Malformed


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Tenant(_Sent):
    id: str = ""


class ChannelData(_Sent):
    """`teamsTeamId` (`19:…@thread.tacv2`) is not the GUID that Graph knows the team by."""

    team_id: str = Field(default="", alias="teamsTeamId")
    tenant: Tenant = Tenant()


class Conversation(_Sent):
    id: str = ""
    tenant_id: str = Field(default="", alias="tenantId")


class Activity(_Sent):
    """One message that mentions the webhook."""

    type: str = Field(min_length=1)
    id: str = ""
    timestamp: AwareDatetime | None = None
    text: str | None = None
    conversation: Conversation = Conversation()
    channel_data: ChannelData = Field(default=ChannelData(), alias="channelData")

    @property
    def tenant(self) -> str:
        return self.channel_data.tenant.id or self.conversation.tenant_id


def activity(body: bytes) -> Activity:
    """Read a body. Raises Malformed, without quoting it."""
    try:
        read: Any = orjson.loads(body)
        return Activity.model_validate(read)
    except orjson.JSONDecodeError as error:
        raise Malformed("the body is not JSON") from error
    except ValidationError as error:
        places = ", ".join(".".join(map(str, each["loc"])) or "body" for each in error.errors())
        raise Malformed(f"not an activity: {places}") from None
