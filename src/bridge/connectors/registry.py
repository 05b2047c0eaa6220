"""The connectors there are: one word in this tuple for each folder."""

from collections.abc import Mapping
from typing import Any

from bridge.connectors import jira, salesforce, teams
from bridge.connectors.contract import Action, Connector

CONNECTORS: tuple[Connector[Any, Any], ...] = (
    jira.CONNECTOR,
    salesforce.CONNECTOR,
    teams.CONNECTOR,
)


def actions() -> Mapping[str, type[Action[Any]]]:
    """Every action by its name in mappings (`jira.create_issue`)."""
    return {action.kind: action for connector in CONNECTORS for action in connector.actions}
