"""Reads what has still to be said, says it, and writes down who heard it."""

from collections.abc import Sequence
from datetime import datetime

from bridge.alarms import store
from bridge.alarms.addresses import Means, say
from bridge.db import Database
from bridge.settings import AlarmAddress


def cry(
    database: Database,
    addresses: Sequence[AlarmAddress],
    *,
    broken: frozenset[str],
    means: Means,
    now: datetime,
) -> int:
    """One round: how many alarms were said. No transaction is open while an address is asked.

    For the leader only. A round ends at the first alarm that nobody takes: the others would find
    the same closed doors, each with its time-outs.
    """
    if not addresses:
        return 0
    with database.reading() as session:
        alarms = store.unsaid(session, now=now)
    for said, alarm in enumerate(alarms):
        address = say(alarm, addresses, broken=broken, means=means, now=now)
        with database.transaction() as session:
            if address is None:
                store.mark_unheard(session, alarm, now=now)
                return said
            store.mark_said(session, alarm, address=address, now=now)
    return len(alarms)
