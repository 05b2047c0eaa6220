"""A call whose end cannot be recorded: its place is free again, and a rescuer comes."""

from concurrent.futures import ThreadPoolExecutor

from bridge.db import Database
from bridge.outbox.tables import State
from clocks import FakeClock
from logs import captured
from outbox.stand import Stand
from outbox.unsteady import Unsteady
from outbox.vendor import Wind
from workers import hands_of


def test_it_is_said_and_leads_to_a_rescue(unsteady: Unsteady, clock: FakeClock) -> None:
    stand = Stand.up(unsteady, clock)
    worker = hands_of(stand.dispatcher)
    delivery = stand.update("a")
    away = OSError("a secret of the driver")
    stand.vendor.blow(Wind(meanwhile=lambda: setattr(unsteady, "away", away)))

    with captured() as log, ThreadPoolExecutor(1) as pool:
        handed = worker._hand_out(pool)
        pool.shutdown(wait=True)
        worker._records.close()
    unsteady.away = None
    in_between = stand.delivery(delivery).state
    stand.lapse()
    ends = stand.step()

    assert (handed, in_between, ends) == (1, State.IN_FLIGHT, [State.SUCCEEDED])
    assert "outbox.not_recorded" in log.getvalue()
    assert "a secret" not in log.getvalue()
    assert worker._busy.total() == 0


def test_a_call_that_breaks_down_is_said_and_leads_to_a_rescue(
    database: Database, clock: FakeClock
) -> None:
    stand = Stand.up(database, clock)
    worker = hands_of(stand.dispatcher)
    delivery = stand.update("a")

    def break_down() -> None:
        raise SystemExit("a secret of a library")

    stand.vendor.blow(Wind(meanwhile=break_down))

    with captured() as log, ThreadPoolExecutor(1) as pool:
        worker._hand_out(pool)
        pool.shutdown(wait=True)
    stand.lapse()
    ends = stand.step()

    assert (stand.delivery(delivery).state, ends) == (State.SUCCEEDED, [State.SUCCEEDED])
    assert "outbox.call_failed" in log.getvalue()
    assert "a secret" not in log.getvalue()
    assert worker.under_way == 0
