"""The connectors there are: one word in this tuple for each folder."""

from collections.abc import Mapping
from typing import Any

from bridge.connectors import generic, jira, salesforce, teams
from bridge.connectors.action import Action
from bridge.connectors.contract import Connector
from bridge.errors import SettingError

CONNECTORS: tuple[Connector[Any, Any], ...] = (
    jira.CONNECTOR,
    salesforce.CONNECTOR,
    teams.CONNECTOR,
    generic.CONNECTOR,
)


def connector(system: str) -> Connector[Any, Any]:
    """The connector a connection's `system` names. Raises SettingError that says which there are."""
    for one in CONNECTORS:
        if one.name == system:
            return one
    known = ", ".join(one.name for one in CONNECTORS)
    raise SettingError(f"system: {system!r} is none of {known}")


def actions() -> Mapping[str, type[Action[Any]]]:
    """Every action by its name in mappings (`jira.create_issue`)."""
    return {action.kind: action for connector in CONNECTORS for action in connector.actions}
