"""Whom the actions of rules name: in the words of their system where that is known, else reported.

A rule names somebody by a text of the record that it is about, as `${feedback.owner.email}`. Whoever
that record shows under it is who is meant; people.yaml, or their e-mail address, says who that is at
the other system.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from bridge.canonical.kind import Kinds
from bridge.canonical.personal import personal
from bridge.connectors.action import Action
from bridge.errors import RuleError
from bridge.ledger import latest
from bridge.ledger.latest import Latest
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.people import store
from bridge.pipeline.people.directory import learnt
from bridge.pipeline.people.store import Stranger
from bridge.pipeline.world import World
from bridge.rules.sync import is_sync


@dataclass(frozen=True)
class Names:
    """An action with the accounts of those whom its record shows. A sync has found them already."""

    world: World

    def __call__(self, row: DeliveryRow, action: Action[Any]) -> Action[Any]:
        return action if is_sync(row.rule) else action.naming(partial(self._account, row))

    def _account(self, row: DeliveryRow, said: str) -> str | None:
        with self.world.database.reading() as session:
            met = _met(session, self.world, row, said)
            try:
                directory = learnt(session, self.world, self.world.sets.active(session))
            except RuleError:
                return None  # no mappings can be loaded: nothing says who is who
            return directory.account(met.account, at=met.at, to=met.to)


def report(session: Session, world: World, row: DeliveryRow) -> None:
    """Those whom the action of this delivery named, and nobody there knows. They are looked up."""
    said = (row.result or {}).get("strangers", ())
    strangers = [_met(session, world, row, one) for one in said]
    store.meet(session, strangers, now=world.clock.now())


def _met(session: Session, world: World, row: DeliveryRow, said: str) -> Stranger:
    """Who is named: somebody of its record; else it is a text for the system that it goes to."""
    record = latest.read(session, [row.subject])
    account = _shown(world.kinds, record[0], said) if record else None
    return Stranger(
        at=record[0].connection if account else row.connection,
        account=account or said,
        to=row.connection,
        record=row.subject,
        event_id=row.event_id,
    )


def _shown(kinds: Kinds, record: Latest, said: str) -> str | None:
    """The account of the one person whom the record shows under this id, address or name."""
    people = personal(kinds[record.kind].model, record.data) if record.kind in kinds else ()
    found = {
        one["id"]
        for one in people
        if one.get("id") and said.casefold() in (text.casefold() for text in one.values())
    }
    return found.pop() if len(found) == 1 else None
