"""What follows when a delivery has ended: its link, what waited for it, the alarm, the write-back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.event import Event, Origin, event_id
from bridge.canonical.ref import Ref
from bridge.errors import DeliveryError, RuleError
from bridge.ledger import links, named
from bridge.ledger import store as ledger
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.sighting import Context
from bridge.ledger.tables import COPIES, LinkRow, LinkState
from bridge.outbox import ordering, store
from bridge.outbox.arming import arm
from bridge.outbox.cause import bury
from bridge.outbox.claims import End
from bridge.outbox.tables import GOOD, DeliveryRow, State
from bridge.pipeline import gone, refusing, wish
from bridge.pipeline.adoption.ends import bounds
from bridge.pipeline.alarming import lift_dead, tell_dead
from bridge.pipeline.deciding import decide_event
from bridge.pipeline.earlier import dead_link, end_dead, end_without_record
from bridge.pipeline.people.naming import report
from bridge.pipeline.syncing.ended import ended
from bridge.pipeline.talking.before import said_before
from bridge.pipeline.talking.late import came_late
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.pipeline.write_back import is_write_back, lefts_of, refresh
from bridge.rules.sync import is_sync


def lock_concerned(session: Session, world: World, ends: Sequence[tuple[DeliveryRow, End]]) -> None:
    """Lock the records whose facts or fields these ends touch, before anything else is locked."""
    refs: set[str] = set()
    for delivery, end in ends:
        if end.state != State.PENDING and _tells_more(delivery, end.state):
            made = (end.result or {}).get("ref")
            refs |= {delivery.subject, *([made] if made else [])}
        if end.state != State.PENDING and is_sync(delivery.rule):
            refs.add(delivery.subject)
        refs |= wish.concerned(delivery, end)
        refs |= refusing.concerned(world, delivery, end)
    lock_with_linked(session, refs)


def finished(session: Session, world: World, delivery: DeliveryRow) -> None:
    """Called in the transaction that records the end, for every end but a retry."""
    now = world.clock.now()
    world.metrics.delivered(delivery.connection, delivery.state)
    if delivery.link_id:
        _follow_link(session, world, delivery, now)
    wish.over(session, world, delivery)
    refusing.refused(session, world, delivery, now=now)
    if is_sync(delivery.rule):
        ended(session, world, delivery)
    report(session, world, delivery)
    if delivery.state == State.DEAD:
        tell_dead(session, world, delivery, now=now)
    elif delivery.replay_id:
        lift_dead(session, world, delivery, now=now)
    if _tells_more(delivery, delivery.state):
        say_on_records(session, world, delivery, now=now)


def _tells_more(delivery: DeliveryRow, state: str) -> bool:
    """Whether this end changes more than the delivery: a link, or what is said to be wrong."""
    return bool(delivery.link_id or delivery.replay_id) or state not in GOOD


def dismissed(session: Session, world: World, deliveries: Sequence[DeliveryRow]) -> None:
    """A person cancelled these: a dismissed create frees its link, and nobody waits for it."""
    for delivery in deliveries:
        finished(session, world, delivery)


def _follow_link(session: Session, world: World, delivery: DeliveryRow, now: datetime) -> None:
    assert delivery.link_id
    if delivery.state in GOOD and (delivery.result or {}).get("ref"):
        link = _resolved(session, world, delivery, now)
        if link is not None:
            gone.made(session, world, link, now=now)
            _point_to(session, link, delivery)
            if link.relation == COPIES and link.state == LinkState.DEAD:
                came_late(session, world, delivery, link, now=now)
                return
            _wake(session, world, delivery, link, now)
            if link.state == LinkState.LIVE:
                tell_linked(session, world, link, message_id=delivery.message_id, now=now)
                tell_said(session, world, [link], now=now)
        return
    _end_waiting(session, delivery, now)
    if delivery.state in {State.CANCELLED, State.EXPIRED}:
        links.release(session, delivery.link_id)


def _resolved(
    session: Session, world: World, delivery: DeliveryRow, now: datetime
) -> LinkRow | None:
    """Its link with the record that it made; of one that its action names, as the role allows."""
    link_id, result = delivery.link_id or "", delivery.result or {}
    right, key, url = result["ref"], result.get("key", ""), result.get("url", "")
    action, known = world.actions.get(delivery.action), session.get(LinkRow, link_id)
    if action is None or not action.upserts or known is None:
        return links.resolve(session, link_id, right_ref=right, key=key, url=url, now=now)
    shared = _shared(session, world, known)
    return named.resolve(
        session, link_id, right_ref=right, key=key, url=url, shared=shared, now=now
    )


def _shared(session: Session, world: World, link: LinkRow) -> bool:
    """Whether several records may be linked to the right end in the role of this link."""
    try:
        rules = world.sets.active(session)
    except RuleError:
        return True  # no mappings can be loaded: nothing says how many
    return bounds(rules, link.role, link.relation).shared


def _point_to(session: Session, link: LinkRow, delivery: DeliveryRow) -> None:
    """Whoever waits for a reservation waits for the link that took its place."""
    reserved = delivery.link_id or ""
    if reserved == link.id:
        return
    for row in store.waiting_for(session, delivery.subject, reserved):
        row.needs = {
            name: link.id if needed == reserved else needed for name, needed in row.needs.items()
        }
        row.target_link = link.id if row.target_link == reserved else row.target_link
    delivery.link_id = link.id


def _wake(
    session: Session, world: World, delivery: DeliveryRow, link: LinkRow, now: datetime
) -> None:
    """Deliveries whose every link is there now become pending, each in its place.

    What waits for a create is about the same record.
    """
    ready = []
    for row in store.waiting_for(session, delivery.subject, link.id):
        needed = links.by_id(session, list(row.needs.values()))
        dead = dead_link(needed.values())
        if dead is not None:
            end_without_record(row, dead, now=now)
        if any(found.state != LinkState.LIVE for found in needed.values()):
            continue
        results = {name: links.result(needed[wanted]) for name, wanted in row.needs.items()}
        try:
            arm(row, results, world.actions, bulk=world.bulk(row.connection))
        except DeliveryError as error:
            bury(row, error.code, str(error), now=now)
            tell_dead(session, world, row, now=now)
            continue
        row.state = State.HELD if row.hold_id else State.PENDING
        row.not_before = now
        ready.append(row)
    ordering.call_up(session, [row for row in ready if row.state == State.PENDING])


def _end_waiting(session: Session, delivery: DeliveryRow, now: datetime) -> None:
    for row in store.waiting_for(session, delivery.subject, delivery.link_id or ""):
        if delivery.state == State.DEAD:
            end_dead(row, delivery, now=now)  # the create's own alarm says it
            continue
        row.state, row.finished_at, row.hold_id = State.CANCELLED, now, None
        row.reason = f"the create it waits for was {delivery.state}: {delivery.reason}"
        _let_go(session, row, now)


def _let_go(session: Session, row: DeliveryRow, now: datetime) -> None:
    """What it was to make may be made another time; who waits for that waits for nothing."""
    link = session.get(LinkRow, row.link_id) if row.link_id else None
    if link is not None and link.delivery_id == row.id:
        _end_waiting(session, row, now)
        links.release(session, link.id)


def tell_linked(
    session: Session,
    world: World,
    link: LinkRow,
    *,
    version: str = "",
    message_id: str | None = None,
    now: datetime,
) -> None:
    """Facts of the new record may have come before its link was known: rules hear of it now.

    `version`: of a link that is told of again.
    """
    known = ledger.record(session, link.right_ref or "")
    if known is None or known.kind not in world.kinds:
        return
    lock_with_linked(session, [known.ref])
    subject = Ref.parse(known.ref)
    kind = f"{known.kind}.linked"
    event = Event(
        id=event_id(subject, kind, version or link.id),
        connection=known.connection,
        subject=subject,
        kind=kind,
        version=version or link.id,
        occurred_at=now,
        recorded_at=now,
        origin=Origin.OWN,
        customer=known.customer,
        project=known.project,
        record=known.data,
        schema_version=known.schema_version,
    )
    context = Context(now=now, kinds=world.kinds, message_id=message_id)
    work = Work(session, world)
    if not ledger.add_event(work.ledger, event, context):
        return
    rules = world.sets.active(session)
    decide_event(work, world, rules, event, before=known.data, message_id=message_id, now=now)
    work.write()


def tell_said(session: Session, world: World, found: Sequence[LinkRow], *, now: datetime) -> None:
    """What was said on the records of these links before they were there is carried along them."""
    of_records = [link for link in found if link.relation != COPIES]
    try:
        rules = world.sets.active(session)
    except RuleError:
        return  # no mappings can be loaded: nothing says what to carry
    if not of_records or not rules.carries_comments:
        return
    ends = (end for link in of_records for end in (link.left_ref, link.right_ref) if end)
    lock_with_linked(session, ends)
    work = Work(session, world)
    for link in of_records:
        said_before(work, world, rules, link, now=now)
    work.write()


def say_on_records(session: Session, world: World, delivery: DeliveryRow, *, now: datetime) -> None:
    """Owe what the records that it is about are to say now. Their locks are held."""
    if is_write_back(delivery.rule):
        return
    try:
        rules = world.sets.active(session)
    except RuleError:
        return  # no mappings can be loaded: nothing says what to write back
    work = Work(session, world)
    for left in lefts_of(work, delivery.subject):
        refresh(work, world, rules, left, cause=f"{delivery.id}:{delivery.state}", now=now)
    work.write()
