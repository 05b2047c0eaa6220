"""A replay or a backfill that somebody paused and forgot is told, until it goes on or is over."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient

from bridge.access.keys import Role, create
from bridge.alarms import store as alarms
from bridge.pipeline.backfill import store as backfills
from bridge.pipeline.backfill.wish import State, Wish
from bridge.process import Bridge
from bridge.replays import store as replays
from bridge.replays.tables import ReplayState
from bridge.web import api
from clocks import FakeClock
from duties.house import House


@dataclass(kw_only=True)
class Desk:
    """Somebody who pauses what runs, and the leader that looks at the clock."""

    bridge: Bridge
    clock: FakeClock
    client: TestClient
    acts: int = 0

    def running(self) -> dict[str, str]:
        """A replay and a backfill that are half done; their ids by noun."""
        now = self.clock.now()
        with self.bridge.database.transaction() as session:
            replay = replays.add(
                session, principal="ann", why="", mode="again", wanted={}, options={}, now=now
            )
            replay.state, replay.total, replay.done = ReplayState.RUNNING, 10, 4
            past = backfills.add(session, Wish(source="monitoring"), principal="ann", now=now)
            past.state, past.total, past.done = State.RUNNING, 10, 4
            return {"replays": replay.id, "backfills": past.id}

    def act(self, noun: str, ident: str, verb: str) -> None:
        self.acts += 1
        head = {"Idempotency-Key": f'"{self.acts}"'}
        answer = self.client.post(f"/api/v1/{noun}/{ident}:{verb}", headers=head)
        assert answer.is_success, answer.text

    def wait(self, *, hours: float) -> None:
        self.clock.advance(hours * 3600)
        self.bridge.worker.clockwork.tick()

    def told(self, ident: str) -> str:
        """What the alarm about it says now."""
        with self.bridge.database.reading() as session:
            found = alarms.down(session, f"resting:{ident}")
        return f"{found.text}; {found.remedy}" if found else ""


@pytest.fixture
def desk(house: House, clock: FakeClock) -> Iterator[Desk]:
    bridge = house.build()
    with house.database.transaction() as session:
        key = create(session, "ann", role=Role.OPERATOR, now=clock.now())
    client = TestClient(api(bridge), headers={"Authorization": f"Bearer {key.token}"})
    yield Desk(bridge=bridge, clock=clock, client=client)
    client.close()


@pytest.mark.parametrize("noun", ["replays", "backfills"])
def test_what_stays_paused_is_told_until_it_goes_on(desk: Desk, noun: str) -> None:
    ident = desk.running()[noun]
    desk.wait(hours=5)  # it runs for long, which is no alarm
    desk.act(noun, ident, "pause")
    desk.wait(hours=3)
    early = desk.told(ident)
    desk.wait(hours=1.1)
    late = desk.told(ident)
    desk.act(noun, ident, "resume")
    desk.wait(hours=0.1)

    assert early == ""
    assert "is paused since" in late
    assert "after 4 of 10" in late
    assert f"bridge {noun} resume {ident}" in late
    assert desk.told(ident) == ""


def test_how_many_are_paused_is_a_gauge(desk: Desk) -> None:
    ids = desk.running()
    desk.act("replays", ids["replays"], "pause")

    desk.bridge.worker.gauges()

    shown = desk.bridge.metrics.exposition().decode()
    assert 'bridge_resting{what="replay"} 1.0' in shown
    assert 'bridge_resting{what="backfill"} 0.0' in shown
