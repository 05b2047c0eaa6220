"""The leader begins an audit of links by the clock, where something says what should agree."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from bridge.ledger.tables import DriftRow
from bridge.pipeline.drift import store
from bridge.process import Bridge
from clocks import FakeClock
from duties.house import House

SYNCED = {
    "sources/jira.yaml": """
version: 1
sources:
  - id: issues
    from: {connection: jira, object: issue}
    as: work_item
    fields: {key: key, title: summary}
""",
    "syncs/pair.yaml": """
version: 1
syncs:
  - id: pair
    description: An alert and its issue have one title.
    between: [monitoring, issues]
    fields: [{monitoring: title, jira: title, owner: monitoring}]
""",
}
EVERY = {"every": "1h", "sample": 5}


def audits(bridge: Bridge) -> list[DriftRow]:
    with bridge.database.reading() as session:
        return list(session.scalars(select(DriftRow).order_by(DriftRow.seq)))


def lead(bridge: Bridge, clock: FakeClock, *, hours: float) -> None:
    clock.advance(hours * 3600)
    bridge.worker.clockwork.tick()


def test_an_audit_begins_when_its_time_has_come_and_none_is_under_way(
    house: House, clock: FakeClock
) -> None:
    bridge = house.build(files=SYNCED, drift=EVERY)
    lead(bridge, clock, hours=0)
    lead(bridge, clock, hours=1.01)
    lead(bridge, clock, hours=1.01)
    (first,) = audits(bridge)
    with bridge.database.transaction() as session:
        row = store.one(session, first.id, locked=True)
        assert row is not None
        row.state, row.ended_at = "done", clock.now()

    lead(bridge, clock, hours=1.01)

    assert (first.principal, first.sample, first.state) == (store.CLOCK, 5, "comparing")
    assert len(audits(bridge)) == 2


@pytest.mark.parametrize(
    ("files", "settings"), [({}, {"drift": EVERY}), (SYNCED, {})], ids=["no sync", "not asked for"]
)
def test_else_there_is_none(
    house: House, clock: FakeClock, files: Mapping[str, str], settings: Mapping[str, Any]
) -> None:
    bridge = house.build(files=files, **settings)

    for hours in (0, 1.01, 25):
        lead(bridge, clock, hours=hours)

    assert audits(bridge) == []


def test_the_share_of_the_last_audit_is_a_gauge(house: House, clock: FakeClock) -> None:
    bridge = house.build(files=SYNCED, drift=EVERY)
    with bridge.database.transaction() as session:
        row = store.begin(session, principal="ann", why="", sample=None, now=clock.now())
        row.state, row.ended_at = "done", clock.now()
        row.counts = {"in_step": 3, "drifted": 1, "under_way": 7}

    bridge.worker.gauges()

    assert "bridge_links_in_step_ratio 0.75" in bridge.metrics.exposition().decode()
