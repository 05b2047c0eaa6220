"""A Jira site to test against: REST subset, people, signed webhooks, faults."""

from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.refusal import Refused
from bridge.connectors.jira.simulator.simulator import JiraSimulator, build

__all__ = ["Flavour", "JiraSimulator", "Refused", "build"]
