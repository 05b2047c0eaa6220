"""What a sync owes: one delivery an end and event, with the values that are to stand there."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.canonical.event import Event
from bridge.canonical.ids import stable_id
from bridge.connectors.action import Action
from bridge.errors import DeliveryError
from bridge.outbox.arming import action_of, batch, ordering_key
from bridge.outbox.cause import bury
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.caps.overwriting import weight
from bridge.pipeline.caps.use import Use, Weighed
from bridge.pipeline.observed import observe
from bridge.pipeline.syncing.tie import Tie
from bridge.pipeline.world import World
from bridge.rules.agree import End
from bridge.rules.judged import Judged
from bridge.rules.ruleset import RuleSet


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why something is owed: an event, or the end of a delivery that this event had caused."""

    event_id: str | None
    subject: str
    customer: str | None
    origin: str
    occurred_at: datetime
    message_id: str | None
    again: str = ""  # the delivery that ended, or the replay
    replay_id: str = ""

    @classmethod
    def of(cls, event: Event, message_id: str | None, *, replay_id: str = "") -> "Cause":
        return cls(
            event_id=event.id,
            subject=str(event.subject),
            customer=event.customer,
            origin=event.origin,
            occurred_at=event.occurred_at,
            message_id=message_id,
            again=replay_id,
            replay_id=replay_id,
        )

    @classmethod
    def after(cls, row: DeliveryRow) -> "Cause":
        return cls(
            event_id=row.event_id,
            subject=row.subject,
            customer=row.customer,
            origin=row.origin,
            occurred_at=row.occurred_at,
            message_id=row.message_id,
            again=f"{row.id}{row.replay_id}",
        )


@dataclass(frozen=True, kw_only=True)
class Owing:
    """One cause under one rule set."""

    world: World
    rules: RuleSet
    cause: Cause
    now: datetime

    def owe(self, tie: Tie, judged: Sequence[Judged]) -> list[DeliveryRow]:
        """Owe these writes, by end and by what can write them. Only pairs of which one is written."""
        sorts: defaultdict[tuple[End, str], list[Judged]] = defaultdict(list)
        for one in judged:
            assert one.end is not None
            sorts[one.end, one.pair.slot(one.end).kind].append(one)
        observed = tie.sync.form.mode == "observe"
        rows = []
        for (end, _), those in sorts.items():
            row = self.row(tie, end, those)
            observe(tie.work.session, self.world, row, rule=observed, now=self.now)
            self._weigh(tie, end, row)
            rows.append(row)
        tie.work.owe(rows)
        return rows

    def row(self, tie: Tie, end: End, judged: Sequence[Judged]) -> DeliveryRow:
        """The delivery that writes these at an end, all of them by the same action."""
        writes, cause = action(tie, end, judged), self.cause
        names = (cause.event_id or "", tie.sync.rule, writes.kind, tie.link.id, end.value)
        row = DeliveryRow(
            id=stable_id("dlv", *names, cause.again),
            event_id=cause.event_id,
            message_id=cause.message_id,
            replay_id=cause.replay_id,
            rule=tie.sync.rule,
            rule_version=self.rules.hash,
            step=writes.kind,
            target=tie.link.id,
            connection=tie.connection(end),
            action=writes.kind,
            args=writes.model_dump(mode="json", exclude_defaults=True),
            needs={},
            target_link=tie.link.id,
            target_ref=str(tie.ref(end)),
            write_key=stable_id("bridge", *names, cause.again),
            ordering_key="",
            subject=cause.subject,
            customer=cause.customer,
            origin=cause.origin,
            alone=True,  # it is judged anew before it goes: what it sets then is not known yet
            state=State.PENDING,
            reason="",
            not_before=self.now,
            occurred_at=cause.occurred_at,
            created_at=self.now,
        )
        self._place(row, writes)
        return row

    def _place(self, row: DeliveryRow, writes: Action[Any]) -> None:
        try:
            row.ordering_key = ordering_key(row, writes)
            row.batch = batch(writes, bulk=self.world.bulk(row.connection))
        except DeliveryError as error:
            bury(row, error.code, str(error), now=self.now)
            row.ordering_key = f"{row.connection}|bad|{row.id}"

    def _weigh(self, tie: Tie, end: End, row: DeliveryRow) -> None:
        """What it adds to what its sync writes."""
        if row.state != State.PENDING or row.hold_id:
            return
        sets = action_of(row, self.world.actions).sets()
        data, source = tie.records[end].data, tie.sync.source(end)
        use = weight(sets, data, source) if sets else Use(writes=1)
        caps = tie.sync.form.caps.over(self.world.usual_caps)
        tie.work.weigh(Weighed(row=row, caps=caps, use=use))


def values_of(row: DeliveryRow) -> Mapping[str, Any]:
    """What a delivery of a sync sets, named as its action sets it."""
    found: Mapping[str, Any] = row.args.get("fields") or row.args
    return found


def names_of(row: DeliveryRow) -> frozenset[str]:
    return frozenset(values_of(row))


def action(tie: Tie, end: End, judged: Sequence[Judged]) -> Action[Any]:
    """What writes these pairs at an end, all of them by the same action."""
    kind = judged[0].pair.slot(end).action
    assert kind is not None  # the loader sees to it
    return kind.setting(tie.ref(end), {one.pair.slot(end).sets: one.given for one in judged})
