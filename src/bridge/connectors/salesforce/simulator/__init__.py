"""A simulated Salesforce: the subset the connector uses, with the vendor's own refusals."""

from bridge.clock import Clock
from bridge.connectors.salesforce.simulator.push import Callout, OutboundMessage
from bridge.connectors.salesforce.simulator.schema import Field, ObjectType, Type
from bridge.connectors.salesforce.simulator.setup import Setup
from bridge.connectors.salesforce.simulator.simulator import SalesforceSimulator
from bridge.connectors.simulation.scale import Pace

__all__ = [
    "Callout",
    "Field",
    "ObjectType",
    "OutboundMessage",
    "SalesforceSimulator",
    "Setup",
    "Type",
    "build",
]


def build(clock: Clock, pace: Pace, *, seed: int = 0) -> SalesforceSimulator:
    """The org with its standard objects and messages, aimed at nothing yet."""
    return SalesforceSimulator(clock, pace, setup=Setup(seed=seed))
