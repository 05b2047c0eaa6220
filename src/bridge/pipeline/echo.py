"""Our own echo: a record shows the write key of a create whose answer was lost, and so ends its wait.

Also one that was deleted: it was made, and a look for it would find nothing and make another. Where a
worker has it in hand its answer says so; that of one who died meanwhile never comes, so it is noted.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy.orm import Session

from bridge.canonical.event import Act
from bridge.connectors.contract import Snapshot
from bridge.outbox import finishing, store
from bridge.outbox.claims import End
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.after import finished
from bridge.pipeline.world import World

log = structlog.get_logger()


def hear(world: World, snapshots: Sequence[Snapshot]) -> int:
    """Finish the deliveries that these records prove to have happened; how many.

    Each in a transaction of its own. One that fails is found again by its key, as it would have
    been without the echo.
    """
    shown = {
        key: snapshot for snapshot in snapshots if snapshot.mark for key in snapshot.mark.write_keys
    }
    if not shown:
        return 0
    gone = [key for key, snapshot in shown.items() if snapshot.act is Act.DELETED]
    with world.database.reading() as session:
        lost = store.lost(session, shown)
        in_hand = store.in_hand(session, gone) if gone else []
    for row in in_hand:
        _note(world, row, shown[row.write_key])
    return sum(_heard(world, row, shown[row.write_key]) for row in lost)


def _note(world: World, delivery: DeliveryRow, snapshot: Snapshot) -> None:
    """For whoever takes it up if its worker has died. Its own answer is written over this."""
    if snapshot.ref.connection != delivery.connection:
        return
    with world.database.transaction() as session:
        for row in store.locked(session, [delivery]):
            if row.state == State.IN_FLIGHT:
                row.result = _result(snapshot)


def _heard(world: World, delivery: DeliveryRow, snapshot: Snapshot) -> bool:
    if snapshot.ref.connection != delivery.connection:
        return False
    try:
        with world.database.transaction() as session:
            return _finish(session, world, delivery, snapshot)
    except Exception:
        log.exception("echo.not_recorded", delivery=delivery.id)
        return False


def _finish(session: Session, world: World, delivery: DeliveryRow, snapshot: Snapshot) -> bool:
    result = _result(snapshot)
    end = End(
        state=State.SUCCEEDED,
        outcome="echo",
        reason=result["note"],
        result=result,
        spends_try=False,
    )
    if not finishing.conclude(session, delivery, end, now=world.clock.now()):
        return False
    fresh = store.one(session, delivery.id)
    assert fresh is not None
    finished(session, world, fresh)
    return True


def _result(snapshot: Snapshot) -> dict[str, str]:
    assert snapshot.mark
    return {
        "ref": str(snapshot.ref),
        "key": snapshot.mark.key,
        "url": snapshot.mark.url,
        "note": "its answer was lost; its own echo shows that it happened",
    }
