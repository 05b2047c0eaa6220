"""One card for the alerts of a group, or of several: an ordinary delivery of the step's own action."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bridge.alerts.machine import Telling
from bridge.alerts.tables import AlertRow, CardRow, GroupRow
from bridge.canonical.deferred import resolve
from bridge.canonical.ids import stable_id
from bridge.connectors.action import Action
from bridge.connectors.gathering import Gathering, Part, Told
from bridge.ledger import links
from bridge.ledger.tables import LinkState
from bridge.outbox.arming import arm
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.caps.use import Use, Weighed
from bridge.pipeline.observed import observe
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.ruleset import Rule, RuleSet, Step

SHOWN = 100  # alerts whose values a card is made of; an action lists what fits, and counts the rest
_NOT_YET = {"key": "(not made yet)", "url": "", "id": "", "ref": ""}


@dataclass(frozen=True, kw_only=True)
class Content:
    """What one card tells. `alerts` by id; `waited`: it comes late, for all that had to wait; `note`:
    what it says of that.
    """

    groups: Sequence[GroupRow]
    tellings: Sequence[Telling]
    alerts: Mapping[str, AlertRow]
    waited: bool
    note: str = ""

    def parts(self) -> Iterator[tuple[Part, AlertRow]]:
        """Everything it tells, the most important first."""
        for part in Part:
            for telling in self.tellings:
                for one in getattr(telling, _IDS[part]):
                    yield part, self.alerts[one]

    @property
    def why(self) -> str:
        if self.waited:
            return "summary"
        return next((part.value for part, _ in self.parts()), Part.NEW)


_IDS = {Part.NEW: "news", Part.AGAIN: "again", Part.STILL: "still", Part.RESOLVED: "resolved"}


def owe(
    work: Work,
    world: World,
    rules: RuleSet,
    of: tuple[Rule, Step] | None,
    content: Content,
    *,
    now: datetime,
) -> None:
    """Owe the card, and remember what it told."""
    kind = world.actions[content.groups[0].action]
    action = kind.gathered(_gathering(work.session, kind, content))
    row = _delivery(world, rules, of, content, action, now=now)
    arm(row, {}, world.actions, bulk=world.bulk(row.connection))
    observe(
        work.session,
        world,
        row,
        rule=of is not None and of[0].form.mode == "observe",
        now=now,
    )
    if of is not None and not row.hold_id:
        caps = of[0].form.caps.over(world.usual_caps)
        work.weigh(Weighed(row=row, caps=caps, use=Use(writes=1)))
    work.owe([row])
    for _, alert in content.parts():
        alert.delivery_id = row.id
    work.session.add(_card(content, row, now))


def _gathering(
    session: Session, kind: type[Action[Any]], content: Content
) -> Gathering[Action[Any]]:
    parts = list(content.parts())
    shown = parts[:SHOWN]
    needed = links.by_id(session, [link for _, row in shown for link in row.needs.values()])
    results = {
        name: links.result(link) for name, link in needed.items() if link.state == LinkState.LIVE
    }
    titles = list(dict.fromkeys(row.title_or_labels for row in content.groups))
    return Gathering(
        title=titles[0] if len(titles) == 1 else f"{content.groups[0].rule}, {len(titles)} groups",
        counts=Counter(part for part, _ in parts),
        members=[
            Told(
                action=kind.model_validate(_filled(row, results)),
                part=part,
                since=row.raised_at,
                until=row.resolved_at,
                times=row.times,
            )
            for part, row in shown
        ],
        note=content.note,
    )


def _filled(row: AlertRow, results: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """With the results of other steps; what is not made by now says so."""
    known = {name: results.get(link, _NOT_YET) for name, link in row.needs.items()}
    return dict(resolve(row.args, known))


def _delivery(
    world: World,
    rules: RuleSet,
    of: tuple[Rule, Step] | None,
    content: Content,
    action: Action[Any],
    *,
    now: datetime,
) -> DeliveryRow:
    first = content.groups[0]
    number = (part for row in content.groups for part in (row.id, str(row.cards)))
    one = stable_id("dlv", "alerts", *number)
    said = vars(action)
    stale, expires = said.get("stale_after"), of[1].expires if of is not None else None
    customers = {row.customer for _, row in content.parts()}
    return DeliveryRow(
        id=one,
        event_id=None,
        message_id=None,
        rule=first.rule,
        rule_version=rules.hash,
        step=first.step,
        connection=first.connection,
        action=first.action,
        args=action.model_dump(mode="json", exclude_defaults=True),
        needs={},
        write_key=stable_id("bridge", one),
        ordering_key="",
        subject=first.id,
        customer=customers.pop() if len(customers) == 1 else None,
        origin="own",
        urgent=of is not None and of[0].form.urgent,
        dead_head=of[0].form.dead_head if of is not None else "pass",
        ambiguous=said.get("ambiguous", "skip"),
        state=State.PENDING,
        reason="",
        not_before=now,
        expires_at=now + expires if expires else None,
        stale_at=now + stale if stale else None,
        occurred_at=now,
        created_at=now,
    )


def _card(content: Content, row: DeliveryRow, now: datetime) -> CardRow:
    parts = [part for part, _ in content.parts()]
    first = content.groups[0]
    resolved = parts.count(Part.RESOLVED)
    return CardRow(
        delivery_id=row.id,
        rule=first.rule,
        step=first.step,
        receiver=first.receiver,
        groups=[one.id for one in content.groups],
        firing=len(parts) - resolved,
        resolved=resolved,
        why=content.why,
        at=now,
    )
