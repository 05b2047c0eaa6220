"""A record kind that nobody foresaw: registered, sourced, decided on and delivered, without a migration."""

from typing import Annotated

from bridge.canonical.field import TRACKED, Record
from bridge.canonical.kind import Kind, standard
from bridge.db import Database
from clocks import FakeClock
from pipeline.town import Town, rule


class Shipment(Record):
    """Something that is under way to a customer."""

    number: str | None = None
    late: Annotated[bool | None, TRACKED] = None
    hours: Annotated[float | None, TRACKED] = None


SOURCES = """
version: 1
sources:
  - id: shipments
    from: {connection: crm, object: Shipment__c}
    as: shipment
    fields: {number: Number, late: Late, hours: Hours}
"""


def test_a_new_kind_needs_a_model_and_one_call(database: Database, clock: FakeClock) -> None:
    kinds = standard()
    kinds.register(Kind(name="shipment", model=Shipment))
    town = Town(database=database, clock=clock, kinds=kinds)
    late = rule(
        when="shipment.late",
        more="if: has(shipment.hours) && shipment.hours > 4.0",
        do='[{chat.post: {channel: support, title: "${shipment.number} is late"}}]',
    ).replace("event: feedback.created", "event: shipment.created")
    town.live_by(late, sources=SOURCES)
    for hours, is_late in ((0, False), (6, True)):
        clock.advance(1)
        fields = {"Number": "S-7", "Late": is_late, "Hours": hours}
        town.tell("crm", {"object": "Shipment__c", "id": "7", "fields": fields})

    town.settle()

    assert [row.kind for row in town.events()] == ["shipment.created", "shipment.updated"]
    assert [change["field"] for change in town.events()[1].changes] == ["hours", "late"]
    assert town.chat.asked == ["post S-7 is late"]
