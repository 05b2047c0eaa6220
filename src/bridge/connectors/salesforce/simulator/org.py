"""One simulated org: its schema, records, cursors, sessions and limits, under one lock."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from threading import RLock
from typing import Any

from bridge.clock import Clock
from bridge.connectors.salesforce.simulator import vendor
from bridge.connectors.salesforce.simulator.allocation import Allocation
from bridge.connectors.salesforce.simulator.catalogue import standard_schema
from bridge.connectors.salesforce.simulator.cursor import Cursors
from bridge.connectors.salesforce.simulator.history import Historian, history_of
from bridge.connectors.salesforce.simulator.records import Records
from bridge.connectors.salesforce.simulator.schema import Schema
from bridge.connectors.salesforce.simulator.setup import Setup
from bridge.connectors.salesforce.simulator.soql.selection import Selection
from bridge.connectors.salesforce.simulator.table import Tables
from bridge.connectors.salesforce.simulator.trouble import Troubles
from bridge.connectors.simulation.scale import Pace

_SERIALS = (100_000, 900_000)
RECORD_TYPES = ("Feedback", "Support", "Incident")


@dataclass(frozen=True, kw_only=True)
class Org:
    """What the resources of the REST API work on."""

    schema: Schema
    tables: Tables
    records: Records
    selection: Selection
    cursors: Cursors
    allocation: Allocation
    troubles: Troubles
    lock: RLock
    integration_user: str
    person: str
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: dict[str, bytes] = field(default_factory=dict)  # version -> its bytes

    def record_types(self, object_name: str) -> list[dict[str, Any]]:
        """The record types of an object, for its describe."""
        rows = self.tables.rows(self.schema.object_named("RecordType"))
        return [
            {
                "recordTypeId": row["Id"],
                "name": row["Name"],
                "developerName": row["DeveloperName"],
                "active": True,
                "available": True,
                "master": False,
            }
            for row in rows
            if row["SobjectType"] == object_name
        ]


def found_org(setup: Setup, *, clock: Clock, pace: Pace) -> Org:
    """A fresh org: an integration user, a person, and the record types of Case."""
    lock = RLock()
    histories = [history_of(name) for name in setup.history]
    schema = standard_schema((*setup.objects, *histories), setup.fields)
    tables = Tables(schema, lock)
    records = Records(
        schema, tables, clock=clock, resolution=_resolution(pace), serial=_serial(setup.seed)
    )
    for name, tracked in setup.history.items():
        tables.listeners.append(Historian(records, name, frozenset(tracked)).heard)
    integration_user, person = _people(records, setup.username)
    return Org(
        schema=schema,
        tables=tables,
        records=records,
        selection=Selection(schema, tables),
        cursors=Cursors(setup.page_size, clock=clock, pace=pace),
        allocation=Allocation(setup.daily_requests, clock=clock, pace=pace),
        troubles=Troubles(setup.seed),
        lock=lock,
        integration_user=integration_user,
        person=person,
    )


def _resolution(pace: Pace) -> timedelta:
    """A scaled clock needs finer stamps, or all of its writes would look alike."""
    second = timedelta(seconds=pace.seconds(vendor.STAMP_RESOLUTION_SECONDS))
    return max(vendor.SMALLEST_RESOLUTION, second)


def _serial(seed: int) -> int:
    return random.Random(seed).randint(*_SERIALS)  # noqa: S311  (repeatable on purpose)


def _people(records: Records, username: str) -> tuple[str, str]:
    users = records.schema.object_named("User")
    machine = {"Username": username, "Name": "Bridge Integration", "Email": username,
               "UserType": "CloudIntegrationUser"}  # fmt: skip
    integration_user = records.seed(users, machine, by="")
    human = {"Username": "sam.support@acme.example", "Name": "Sam Support",
             "Email": "sam.support@acme.example"}  # fmt: skip
    person = records.seed(users, human, by=integration_user)
    kind = records.schema.object_named("RecordType")
    for name in RECORD_TYPES:
        values = {"Name": name, "DeveloperName": name, "SobjectType": "Case"}
        records.seed(kind, values, by=integration_user)
    return integration_user, person
