"""Microsoft Teams: cards to channels by Workflows URLs, messages from Outgoing Webhooks."""

from bridge.connectors.contract import Connector
from bridge.connectors.teams.actions import PostCard, test_card
from bridge.connectors.teams.check import check
from bridge.connectors.teams.client import TeamsClient, connect, renew
from bridge.connectors.teams.inbound import INBOUND
from bridge.connectors.teams.limits import LIMITS
from bridge.connectors.teams.settings import TeamsSettings, hosts, validate

CONNECTOR = Connector[TeamsSettings, TeamsClient](
    name="teams",
    settings=TeamsSettings,
    connect=connect,
    hosts=hosts,
    inbound=INBOUND,
    actions=(PostCard,),
    check=check,
    limits=LIMITS,
    secret_path=True,
    validate=validate,
    live=frozenset({"channels"}),
    renew=renew,
)

__all__ = ["CONNECTOR", "PostCard", "TeamsSettings", "test_card", "validate"]
