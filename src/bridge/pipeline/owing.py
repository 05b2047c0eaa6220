"""What a matched rule asks becomes deliveries; a create first reserves its link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.event import Event
from bridge.canonical.ids import stable_id
from bridge.connectors.contract import Mode
from bridge.errors import DeliveryError
from bridge.ledger import links
from bridge.ledger.tables import LinkRow, LinkState
from bridge.outbox import hold, store
from bridge.outbox.arming import arm
from bridge.outbox.tables import GOOD, OPEN, DeliveryRow, State
from bridge.pipeline.world import World
from bridge.rules.decision import Ask, Decision
from bridge.rules.ruleset import RuleSet


@dataclass(frozen=True, kw_only=True)
class Owing:
    """One event under one rule set; `replay_id` is empty but for a replay."""

    session: Session
    world: World
    rules: RuleSet
    event: Event
    message_id: str | None
    now: datetime
    replay_id: str = ""
    new_write_key: bool = False

    def owe(self, decision: Decision) -> list[DeliveryRow]:
        """The deliveries of one decision that were not owed already.

        A replay leaves alone what went well or is still under way, and takes the place of the rest.
        """
        made: dict[str, LinkRow] = {}
        rows = []
        for ask in decision.asks:
            row = self._row(decision, ask)
            earlier = self._earlier(row)
            if ask.role:
                made[ask.step] = self._reserve(row, ask, earlier)
            if any(one.state in GOOD | OPEN for one in earlier):
                continue
            self._place(row, ask, made)
            for one in earlier:
                one.state, one.superseded_by = State.SUPERSEDED, row.id
            if decision.observe or self._observed(row):
                self._hold(row, decision)
            rows.append(row)
        return store.owe(self.session, rows)

    def _row(self, decision: Decision, ask: Ask) -> DeliveryRow:
        names = (self.event.id, decision.rule, ask.step, decision.target)
        key = stable_id("bridge", *names, *((self.replay_id,) if self.new_write_key else ()))
        return DeliveryRow(
            id=self._known_id(decision, ask),
            event_id=self.event.id,
            message_id=self.message_id,
            rule=decision.rule,
            rule_version=self.rules.hash,
            step=ask.step,
            target=decision.target,
            replay_id=self.replay_id,
            connection=ask.connection,
            action=ask.action,
            args=dict(ask.args),
            needs={},
            target_link=ask.target_link,
            target_ref=ask.target_ref,
            write_key=key,
            ordering_key="",
            subject=str(self.event.subject),
            customer=self.event.customer,
            origin=self.event.origin,
            urgent=ask.urgent,
            dead_head=decision.dead_head,
            ambiguous=ask.ambiguous,
            state=State.PENDING,
            reason="",
            not_before=self.now,
            expires_at=self.now + ask.expires if ask.expires else None,
            stale_at=self.now + ask.stale_after if ask.stale_after else None,
            occurred_at=self.event.occurred_at,
            created_at=self.now,
        )

    def _known_id(self, decision: Decision, ask: Ask) -> str:
        """The delivery's id; a renamed step keeps the one it had under its old name."""
        ids = [
            stable_id("dlv", self.event.id, decision.rule, step, decision.target, self.replay_id)
            for step in (*ask.was, ask.step)
        ]
        earlier = store.by_id(self.session, ids[:-1])
        return earlier[0].id if earlier else ids[-1]

    def _earlier(self, row: DeliveryRow) -> list[DeliveryRow]:
        """In a replay: what the same step of the same rule owed for this event before."""
        if not self.replay_id:
            return []
        return [
            one
            for one in store.of_step(self.session, self.event.id, row.rule, row.step)
            if one.target == row.target and one.id != row.id and one.state != State.SUPERSEDED
        ]

    def _reserve(self, row: DeliveryRow, ask: Ask, earlier: Sequence[DeliveryRow]) -> LinkRow:
        creates = self.world.actions[ask.action].creates or ""
        sources = self.rules.source_for(ask.connection, creates)
        wanted = links.Wanted(
            left_ref=row.subject,
            left_kind=self.event.record_kind,
            right_kind=sources[0].kind if sources else creates,
            right_connection=ask.connection,
            relation=ask.relation or "originates",
            role=ask.role or row.rule,
            event_id=self.event.id,
            delivery_id=row.id,
        )
        link = links.reserve(self.session, wanted, now=self.now)
        if link.state == LinkState.RESERVED and link.delivery_id in {one.id for one in earlier}:
            link.delivery_id = row.id
        if link.delivery_id == row.id:
            row.link_id = link.id
        return link

    def _place(self, row: DeliveryRow, ask: Ask, made: Mapping[str, LinkRow]) -> None:
        """Decide what the delivery waits for, or that there is nothing left to do."""
        own = made.get(ask.step)
        if own is not None and own.delivery_id != row.id:
            self._answered(row, own)
            return
        needed = self._needed(row, ask, made)
        row.needs = {name: link.id for name, link in needed.items()}
        missing = [name for name, link in needed.items() if link.state != LinkState.LIVE]
        if missing:
            row.state = State.WAITING
            row.ordering_key = f"{row.connection}|waiting|{row.id}"
            row.reason = f"waits for the record that {missing[0]!r} creates"
            self._dead_already(row, needed[missing[0]])
            return
        self._arm(row, {name: links.result(link) for name, link in needed.items()})

    def _needed(
        self, row: DeliveryRow, ask: Ask, made: Mapping[str, LinkRow]
    ) -> dict[str, LinkRow]:
        needed = {name: made[name] for name in ask.needs if name in made}
        if row.target_link:
            found = links.by_id(self.session, [row.target_link])
            if row.target_link in found:
                needed["linked"] = found[row.target_link]
        return needed

    def _arm(self, row: DeliveryRow, results: Mapping[str, Mapping[str, str]]) -> None:
        try:
            arm(row, results, self.world.actions)
        except DeliveryError as error:
            row.state, row.reason, row.finished_at = State.DEAD, str(error), self.now
            row.error_kind, row.error_code = "permanent", error.code
            row.ordering_key = f"{row.connection}|bad|{row.id}"

    def _answered(self, row: DeliveryRow, link: LinkRow) -> None:
        """The record of this role is there, or on its way: never make a second one."""
        row.ordering_key = f"{row.connection}|answered|{row.id}"
        row.finished_at = self.now
        if link.state == LinkState.LIVE:
            row.state = State.UNCHANGED
            row.reason = f"already linked to {link.key or link.right_ref}"
            row.result = {**links.result(link), "note": row.reason}
        elif link.state == LinkState.DEAD:
            row.state, row.error_kind = State.DEAD, "permanent"
            row.reason = "the linked record was deleted; unlink it to make a new one"
        else:
            row.state, row.superseded_by = State.MERGED, link.delivery_id
            row.reason = f"the record is being made by {link.delivery_id}"

    def _dead_already(self, row: DeliveryRow, link: LinkRow) -> None:
        creating = store.one(self.session, link.delivery_id) if link.delivery_id else None
        if creating is not None and creating.state == State.DEAD:
            row.state, row.finished_at, row.error_kind = State.DEAD, self.now, "permanent"
            row.error_code = "create_is_dead"
            row.reason = f"the create it waits for is dead: {creating.reason}"

    def _observed(self, row: DeliveryRow) -> bool:
        connected = self.world.connections.get(row.connection)
        return connected is not None and connected.settings.mode is Mode.OBSERVE

    def _hold(self, row: DeliveryRow, decision: Decision) -> None:
        if row.state not in {State.PENDING, State.WAITING}:
            return
        about = f"rule {decision.rule}" if decision.observe else f"connection {row.connection}"
        held = hold.open_hold(
            self.session,
            "observe",
            about,
            reason=f"{about} is in mode observe: recorded, not sent",
            connection=row.connection,
            rule=decision.rule if decision.observe else None,
            now=self.now,
        )
        row.hold_id, row.reason = held.id, held.reason
        row.state = State.HELD if row.state == State.PENDING else row.state
