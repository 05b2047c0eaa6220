"""Silence, by its whole path: noticed by the leader, said to a receiver once, and once when it ends."""

from datetime import timedelta

import orjson
import pytest
from sqlalchemy import update

from alarms.listeners import KEY
from alarms.receiver import Receiver
from bridge.outbox.tables import ConnectionRow
from bridge.process import Bridge
from clocks import FakeClock
from duties.house import House


@pytest.fixture
def bridge(house: House, outside: Receiver, monkeypatch: pytest.MonkeyPatch) -> Bridge:
    """Monitoring is silent after two hours, and alarms go to the receiver."""
    monkeypatch.setenv("ALARM_KEY", f"whsec_{KEY}")
    webhook = {"url": outside.url, "secret": "env:ALARM_KEY"}
    return house.build(silent=2, alarms=[{"webhook": webhook}])


def hear(bridge: Bridge) -> None:
    with bridge.database.transaction() as session:
        heard = update(ConnectionRow).where(ConnectionRow.name == "monitoring")
        session.execute(heard.values(last_message_at=bridge.clock.now()))


def pass_by(bridge: Bridge, clock: FakeClock, *, minutes: int) -> None:
    """Time goes by in minutes, with the looks of the leader in between."""
    for _ in range(minutes):
        clock.advance(timedelta(minutes=1))
        bridge.worker.clockwork.tick()
    clock.advance(timedelta(seconds=5))
    bridge.worker.clockwork.tick()


def test_silence_is_told_once_and_so_is_its_end(
    bridge: Bridge, outside: Receiver, clock: FakeClock
) -> None:
    hear(bridge)
    pass_by(bridge, clock, minutes=115)
    before = len(outside.calls)
    pass_by(bridge, clock, minutes=30)
    hear(bridge)
    pass_by(bridge, clock, minutes=10)

    told = [orjson.loads(call.body) for call in outside.calls]
    assert before == 0
    assert [one["type"] for one in told] == ["bridge.alarm.down", "bridge.alarm.up"]
    down = told[0]["data"]
    assert (down["kind"], down["key"]) == ("silent", "silent:monitoring")
    assert down["remedy"] == "look whether its webhooks are still registered and reach us"
    assert down["link"].endswith("/api/v1/connections")
    assert told[1]["data"]["over"] == "monitoring is heard again"
