"""A wish that we answered by clearing its field is over, also before the vendor shows us so.

A second click may come first. Compared with a box that we believe is still ticked it would be no
news, and stay ticked for ever.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.errors import RuleError
from bridge.ledger import store as ledger
from bridge.ledger.tables import RecordRow
from bridge.outbox.claims import End
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.world import World


def concerned(delivery: DeliveryRow, end: End) -> set[str]:
    """The records whose locks `over` needs: of those of which a box was cleared."""
    cleared = any(value is False for value in _wrote(end.result).values())
    return {delivery.target_ref or delivery.subject} if cleared else set()


def over(session: Session, world: World, delivery: DeliveryRow) -> None:
    """Know the wishes of the record that this delivery cleared as no more."""
    wrote = _wrote(delivery.result)
    if not any(value is False for value in wrote.values()):
        return
    row = ledger.record(session, _written(world, delivery))
    wishes = _open(world, row) if row else []
    if row is None or not wishes:
        return
    try:
        sources = world.sets.active(session).sources
    except RuleError:
        return  # no mappings can be loaded: nothing says which field is the wish's
    forms = next((one.fields for one in sources if one.id == row.source), {})
    gone = [one for one in wishes if one in forms and wrote.get(forms[one].field or "") is False]
    row.data = {**row.data, **dict.fromkeys(gone, False)}


def _wrote(result: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return (result or {}).get("wrote") or {}


def _written(world: World, delivery: DeliveryRow) -> str:
    """The record it addressed, if that was one that we know: a linked one, or its own subject."""
    if delivery.target_ref:
        return delivery.target_ref
    kind = world.actions.get(delivery.action)
    address = delivery.args.get(kind.target) if kind and kind.target else None
    own = {delivery.subject, Ref.parse(delivery.subject).id}
    return delivery.subject if address in own else ""


def _open(world: World, row: RecordRow) -> list[str]:
    if row.kind not in world.kinds:
        return []
    return [name for name in sorted(world.kinds[row.kind].requests) if row.data.get(name) is True]
