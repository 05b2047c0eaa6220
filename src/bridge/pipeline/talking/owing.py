"""Deliveries that say a comment at the other side, change it there, or take it back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.caps import Caps
from bridge.canonical.event import Event
from bridge.canonical.ids import stable_id
from bridge.connectors.talk import Asked
from bridge.errors import DeliveryError
from bridge.ledger import links
from bridge.ledger.tables import LinkRow, LinkState
from bridge.outbox.arming import arm
from bridge.outbox.cause import bury
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.caps.use import Use, Weighed
from bridge.pipeline.observed import observe
from bridge.pipeline.work import Work
from bridge.pipeline.world import World


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One thing to do there. `about`: the record that the comment is on here, whose it is to people.

    `pair`: the id of its link; `skipped`: why it is not done, for the sync log.
    `needs`: links whose right ends it waits for; `linked` among them is its target.
    """

    step: str
    asked: Asked
    connection: str
    rule: str
    about: str
    pair: str
    needs: Mapping[str, LinkRow] = field(default_factory=dict)
    makes: bool = False
    skipped: str = ""


@dataclass(frozen=True, kw_only=True)
class Owing:
    """What one event owes. `event` is `None` where no event asks for it: then `cause` does."""

    work: Work
    world: World
    version: str
    event: Event | None
    cause: str
    message_id: str | None
    now: datetime

    @property
    def session(self) -> Session:
        return self.work.session

    def owe(self, wish: Wish, *, caps: Caps, observed: bool = False) -> DeliveryRow:
        row = self._row(wish)
        if wish.skipped:
            return self._skipped(row, wish.skipped)
        self._place(row, wish.needs)
        observe(self.session, self.world, row, rule=observed, now=self.now)
        if row.state in {State.PENDING, State.WAITING} and not row.hold_id:
            self.work.weigh(Weighed(row=row, caps=caps, use=Use(writes=1)))
        self.work.owe([row])
        return row

    def _skipped(self, row: DeliveryRow, why: str) -> DeliveryRow:
        row.state, row.finished_at, row.reason = State.CANCELLED, self.now, f"skipped: {why}"
        row.ordering_key = f"{row.connection}|skipped|{row.id}"
        self.work.owe([row])
        return row

    def _row(self, wish: Wish) -> DeliveryRow:
        """A copy is made under the id of its link as write key, so that its mark leads to it."""
        action, args = wish.asked
        target = wish.needs.get("linked")
        name = stable_id("dlv", self.cause, wish.rule, wish.step, wish.pair)
        return DeliveryRow(
            id=name,
            event_id=self.event.id if self.event else None,
            message_id=self.message_id,
            rule=wish.rule,
            rule_version=self.version,
            step=wish.step,
            target=wish.pair,
            replay_id="",
            connection=wish.connection,
            action=action,
            args=args,
            needs={},
            target_link=target.id if target else None,
            target_ref=None,
            link_id=wish.pair if wish.makes else None,
            write_key=wish.pair if wish.makes else name,
            ordering_key="",
            subject=wish.about,
            customer=self.event.customer if self.event else None,
            origin=self.event.origin if self.event else "own",
            urgent=False,
            dead_head="pass",
            ambiguous="skip",
            alone=False,
            state=State.PENDING,
            reason="",
            not_before=self.now,
            occurred_at=self.event.occurred_at if self.event else self.now,
            created_at=self.now,
        )

    def _place(self, row: DeliveryRow, needs: Mapping[str, LinkRow]) -> None:
        row.needs = {name: link.id for name, link in needs.items()}
        missing = [name for name, link in needs.items() if link.state != LinkState.LIVE]
        if missing:
            row.state = State.WAITING
            row.ordering_key = f"{row.connection}|waiting|{row.id}"
            row.reason = "waits for the record, or for the comment, that is being made there"
            return
        results = {name: links.result(link) for name, link in needs.items()}
        try:
            arm(row, results, self.world.actions, bulk=self.world.bulk(row.connection))
        except DeliveryError as error:
            bury(row, error.code, str(error), now=self.now)
            row.ordering_key = f"{row.connection}|bad|{row.id}"
