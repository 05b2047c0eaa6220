"""Nodes at a simulated vendor that keeps its limits to the letter, on a clock that a test moves."""

from collections.abc import Mapping
from random import Random
from typing import Any

from bridge.connectors.action import Action
from bridge.connectors.connected import Connected
from bridge.connectors.contract import ConnectionSettings, Connector
from bridge.connectors.jira.actions import AddComment
from bridge.connectors.salesforce.actions import UpdateRecord
from bridge.db import Database
from bridge.outbox import connection
from bridge.outbox.budgets.budgets import keep_within
from bridge.outbox.dispatcher import Dispatcher
from bridge.outbox.retry import Policy
from clocks import FakeClock
from outbox.budgets.crowd import Crowd, Door
from outbox.stand import Stand


def at_vendor(
    database: Database,
    clock: FakeClock,
    connector: Connector[Any, Any],
    settings: ConnectionSettings,
    *,
    nodes: int = 2,
) -> Crowd:
    """Nodes whose `shop` is this vendor."""
    stands = []
    for number in range(nodes):
        stand = Stand.up(database, clock)
        linked = {"shop": Connected(name="shop", connector=connector, settings=settings)}
        kinds: Mapping[str, type[Action[Any]]] = {one.kind: one for one in connector.actions}
        stand.dispatcher = Dispatcher(
            database=database,
            clock=clock,
            connections=linked,
            actions=kinds,
            policy=Policy(),
            hooks=stand.dispatcher.hooks,
            node=f"node-{number}",
            random=Random(7),  # noqa: S311  (jitter)
            budgets=keep_within(linked, database, clock, node=f"node-{number}", scale=1.0),
        )
        stands.append(stand)
    with database.transaction() as session:
        connection.register(session, ["shop"], now=clock.now())
    return Crowd(stands=stands, door=Door(clock))


def hang_up(crowd: Crowd) -> None:
    """Close what was opened."""
    for stand in crowd.stands:
        for one in stand.dispatcher.connections.values():
            one.close()


def update_case(crowd: Crowd, case: str, **more: Any) -> str:
    """Owe an update that goes alone; its id."""
    args = {"object": "Case", "record": case, "fields": {"Jira_Status__c": "Done"}}
    return crowd.first.owe(
        UpdateRecord.kind, args, ordering_key=f"shop|salesforce:Case:{case}", **more
    )


def comment_on(crowd: Crowd, issue: str, text: str) -> str:
    """Owe a comment, which nothing merges with another; its id."""
    args = {"issue": issue, "body": text}
    return crowd.first.owe(AddComment.kind, args, ordering_key=f"shop|{issue}")
