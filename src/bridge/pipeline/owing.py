"""What a matched rule asks becomes deliveries; a create first reserves its link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.alerts.raising import Raise
from bridge.canonical.event import Event
from bridge.canonical.ids import stable_id
from bridge.canonical.ref import Ref
from bridge.errors import DeliveryError
from bridge.ledger import links
from bridge.ledger.tables import LinkRow, LinkState
from bridge.outbox import ordering, overtaken, store
from bridge.outbox.arming import action_of, arm
from bridge.outbox.cause import bury
from bridge.outbox.tables import GOOD, OPEN, DeliveryRow, State
from bridge.pipeline.adoption.ends import bounds
from bridge.pipeline.alerting.raised import raised
from bridge.pipeline.caps.overwriting import weight
from bridge.pipeline.caps.use import Use, Weighed
from bridge.pipeline.earlier import dead_link, end_dead, end_without_record
from bridge.pipeline.observed import observe
from bridge.pipeline.talking.before import said_before
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.decision import Ask, Decision
from bridge.rules.ruleset import RuleSet


@dataclass(frozen=True, kw_only=True)
class Replay:
    """The replay that asks, if one does. `force` sends even where newer state went out since."""

    id: str = ""
    force: bool = False
    new_write_key: bool = False


@dataclass(frozen=True, kw_only=True)
class Owing:
    """One event under one rule set. `again`: it was decided before, so it may owe something."""

    work: Work
    world: World
    rules: RuleSet
    event: Event
    message_id: str | None
    now: datetime
    again: bool = False
    replay: Replay = Replay()

    @property
    def session(self) -> Session:
        return self.work.session

    def owe(self, decision: Decision) -> list[DeliveryRow]:
        """Owe the deliveries of one decision that were not owed already.

        A replay leaves alone what went well or is still under way, and takes the place of the rest.
        """
        made: dict[str, LinkRow] = {}
        rows = []
        for ask in decision.asks:
            if ask.route is not None:
                self.work.alert([self._raised(decision, ask, made)])
                continue
            row = self._row(decision, ask)
            earlier = self._earlier(row, ask)
            self._follow(row, earlier)
            done = any(one.state in GOOD | OPEN for one in earlier)
            if ask.role:
                made[ask.step] = self._reserve(row, ask, earlier, done=done)
            if done:
                continue
            self._place(row, ask, made)
            if self.replay.id:
                self._take_place(row, earlier)
            observe(self.session, self.world, row, rule=decision.observe, now=self.now)
            rows.append(row)
            self._weigh(row, decision)
        self.work.owe(rows)
        return rows

    def _raised(self, decision: Decision, ask: Ask, made: Mapping[str, LinkRow]) -> Raise:
        """Its card is told with others of its group, and owed then."""
        needs = {name: made[name].id for name in ask.needs if name in made}
        return raised(self.world, self.rules, self.event, decision, ask, needs=needs)

    def _row(self, decision: Decision, ask: Ask) -> DeliveryRow:
        names = (self.event.id, decision.rule, ask.step, decision.target)
        key = (*names, self.replay.id) if self.replay.new_write_key else names
        return DeliveryRow(
            id=stable_id("dlv", *names, self.replay.id),
            event_id=self.event.id,
            message_id=self.message_id,
            rule=decision.rule,
            rule_version=self.rules.hash,
            step=ask.step,
            target=decision.target,
            replay_id=self.replay.id,
            connection=ask.connection,
            action=ask.action,
            args=dict(ask.args),
            needs={},
            target_link=ask.target_link,
            target_ref=ask.target_ref,
            link_id=None,
            write_key=stable_id("bridge", *key),
            ordering_key="",
            subject=str(self.event.subject),
            customer=self.event.customer,
            origin=self.event.origin,
            urgent=ask.urgent,
            dead_head=decision.dead_head,
            ambiguous=ask.ambiguous,
            alone=ask.alone,
            state=State.PENDING,
            reason="",
            not_before=self.now,
            expires_at=self.now + ask.expires if ask.expires else None,
            stale_at=self.now + ask.stale_after if ask.stale_after else None,
            occurred_at=self.event.occurred_at,
            created_at=self.now,
        )

    def _earlier(self, row: DeliveryRow, ask: Ask) -> list[DeliveryRow]:
        """What the same step owed for this event before, under the names it had then."""
        if not self.again or not (self.replay.id or ask.was):
            return []
        names = (*ask.was, ask.step)
        return [
            one
            for one in store.of_step(self.session, self.event.id, row.rule, names)
            if one.target == row.target and one.id != row.id and one.state != State.SUPERSEDED
        ]

    def _follow(self, row: DeliveryRow, earlier: Sequence[DeliveryRow]) -> None:
        """The same write as before, unless a new one is asked for: it may have happened already."""
        if not earlier or self.replay.new_write_key:
            return
        row.write_key = earlier[0].write_key
        row.find_first = any(store.may_have_happened(one) for one in earlier)
        if not self.replay.id:
            row.id = earlier[0].id

    def _reserve(
        self, row: DeliveryRow, ask: Ask, earlier: Sequence[DeliveryRow], *, done: bool
    ) -> LinkRow:
        wanted = self._wanted(row, ask)
        found = links.by_id(self.session, [wanted.id]) if done else {}
        link = found.get(wanted.id) or links.reserve(self.session, wanted, now=self.now)
        self.work.known.add_link(link)
        if link.state == LinkState.RESERVED and link.delivery_id in {one.id for one in earlier}:
            link.delivery_id = row.id
        if link.delivery_id == row.id or self.world.actions[ask.action].upserts:
            row.link_id = link.id
        if link.delivery_id == row.id:
            said_before(self.work, self.world, self.rules, link, by=self.event, now=self.now)
        return link

    def _wanted(self, row: DeliveryRow, ask: Ask) -> links.Wanted:
        """The link of this role, under the name the role had when it was first reserved."""
        action = self.world.actions[ask.action]
        creates = action.creates or ""
        sources = self.rules.source_for(ask.connection, creates)
        one = links.Wanted(
            left_ref=row.subject,
            left_kind=self.event.record_kind,
            right_kind=sources[0].kind if sources else creates,
            right_connection=ask.connection,
            relation=ask.relation or "originates",
            role=ask.role or row.rule,
            event_id=self.event.id,
            delivery_id=row.id,
            slot=self._slot(row, ask),
        )
        before = ask.was if ask.role == ask.step else ()
        named = [replace(one, role=role) for role in before]
        known = links.by_id(self.session, [other.id for other in named])
        return next((other for other in named if other.id in known), one)

    def _slot(self, row: DeliveryRow, ask: Ask) -> str:
        """What tells its link from others of the role; empty where a record has one alone."""
        action, each_time = self.world.actions[ask.action], f"{self.event.id}{row.target}"
        if action.target:
            return each_time
        declared = bounds(self.rules, ask.role or row.rule, ask.relation or "originates")
        if not action.upserts or not declared.several:
            return ""
        try:  # hashed: a name may be somebody's
            return stable_id("slot", action_of(row, self.world.actions).ordering_key())
        except DeliveryError:
            return each_time  # a step before it says the name

    def _place(self, row: DeliveryRow, ask: Ask, made: Mapping[str, LinkRow]) -> None:
        """Decide what the delivery waits for, or that there is nothing left to do."""
        own = made.get(ask.step)
        if own is not None and row.link_id is None:
            self._answered(row, own)
            return
        needed = self._needed(row, ask, made)
        row.needs = {name: link.id for name, link in needed.items()}
        missing = [name for name, link in needed.items() if link.state != LinkState.LIVE]
        gone = dead_link(needed.values())
        if gone is not None:
            row.ordering_key = f"{row.connection}|gone|{row.id}"
            end_without_record(row, gone, now=self.now)
        elif missing:
            row.state = State.WAITING
            row.ordering_key = f"{row.connection}|waiting|{row.id}"
            row.reason = f"waits for the record that {missing[0]!r} creates"
            self._dead_already(row, needed[missing[0]])
        else:
            self._arm(row, {name: links.result(link) for name, link in needed.items()})

    def _take_place(self, row: DeliveryRow, earlier: Sequence[DeliveryRow]) -> None:
        """In a replay: give way to newer state, and stand for what went wrong before."""
        later = (
            None if self.replay.force else overtaken.newer(self.session, row, self.world.actions)
        )
        if later is not None and row.state == State.PENDING:
            row.state, row.superseded_by, row.finished_at = State.SUPERSEDED, later.id, self.now
            row.reason = f"{later.id} has written newer state since"
        for one in earlier:
            one.state, one.superseded_by = State.SUPERSEDED, row.id
        ordering.resettle(self.session, [one.ordering_key for one in earlier])

    def _needed(
        self, row: DeliveryRow, ask: Ask, made: Mapping[str, LinkRow]
    ) -> dict[str, LinkRow]:
        needed = {name: made[name] for name in ask.needs if name in made}
        linked = self.work.known.link(row.target_link) if row.target_link else None
        return needed if linked is None else {**needed, "linked": linked}

    def _arm(self, row: DeliveryRow, results: Mapping[str, Mapping[str, str]]) -> None:
        try:
            arm(row, results, self.world.actions, bulk=self.world.bulk(row.connection))
        except DeliveryError as error:
            bury(row, error.code, str(error), now=self.now)
            row.ordering_key = f"{row.connection}|bad|{row.id}"

    def _answered(self, row: DeliveryRow, link: LinkRow) -> None:
        """The record of this role is there, or on its way: never make a second one."""
        row.ordering_key = f"{row.connection}|answered|{row.id}"
        row.finished_at = self.now
        if link.state == LinkState.LIVE:
            row.state = State.UNCHANGED
            row.reason = f"already linked to {link.key or link.right_ref}"
            row.result = {**links.result(link), "note": row.reason}
        else:
            row.state, row.superseded_by = State.MERGED, link.delivery_id
            row.reason = f"the record is being made by {link.delivery_id}"
            self._dead_already(row, link)

    def _dead_already(self, row: DeliveryRow, link: LinkRow) -> None:
        creating = self.work.dead_create(link)
        if creating is not None:
            end_dead(row, creating, now=self.now)

    def _weigh(self, row: DeliveryRow, decision: Decision) -> None:
        """What it adds to what its rule writes; what a person replays is none of the rule's."""
        if row.state in {State.PENDING, State.WAITING} and not row.hold_id and not self.replay.id:
            caps = decision.caps.over(self.world.usual_caps)
            self.work.weigh(Weighed(row=row, caps=caps, use=self._use(row)))

    def _use(self, row: DeliveryRow) -> Use:
        """One write, of which fields are counted where its record is at hand already."""
        own = row.ordering_key == f"{row.connection}|{row.subject}"
        ref = row.target_ref or (row.subject if own else None)
        known = self.work.known.record(ref) if ref and row.state == State.PENDING else None
        if ref is None or known is None or known.deleted_at is not None:
            return Use(writes=1)
        sources = self.rules.source_for(known.connection, Ref.parse(ref).kind)
        sets = action_of(row, self.world.actions).sets() if sources else None
        return weight(sets, known.data, sources[0]) if sets else Use(writes=1)
