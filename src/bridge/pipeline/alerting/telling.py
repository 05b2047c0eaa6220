"""Groups of alerts that are due are told: any node does that, a route at a time, in one transaction.

Nothing is kept outside the database, so a restart changes nothing; of two nodes that want to tell one
route the second waits, and finds nothing left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from bridge.alerts import machine, plan, silences, store, terms
from bridge.alerts.hours import shut_until
from bridge.alerts.machine import AT_ONCE, SILENCED, State, Terms
from bridge.alerts.store import RouteKey
from bridge.alerts.tables import AlertRow, GroupRow
from bridge.ledger.lock import lock_subjects
from bridge.pipeline.alerting.card import Content, owe
from bridge.pipeline.alerting.door import Door
from bridge.pipeline.alerting.holding import why_not
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.route import Route
from bridge.rules.ruleset import Rule, RuleSet, Step

AGAIN = timedelta(minutes=1)  # before a route that could not be told is tried once more
NO_RULE = "its rule tells no alerts any more"

log = structlog.get_logger()


def tell_due(world: World) -> int:
    """Tell what is due, each route in a transaction of its own; how many there were."""
    with world.database.reading() as session:
        due = store.due(session, now=world.clock.now())
    for key in due:
        try:
            with world.database.transaction() as session:
                _tell(session, world, key)
        except Exception as error:  # one must not keep the others from being told
            log.exception("alerts.not_told", rule=key.rule, step=key.step)
            _put_off(world, key, error)
    return len(due)


@dataclass(frozen=True, kw_only=True)
class _Due:
    """The due groups of one route, locked, with their open alerts."""

    groups: Mapping[str, GroupRow]
    alerts: Mapping[str, Sequence[AlertRow]]
    rules: RuleSet
    of: tuple[Rule, Step] | None  # the step as it is now; None: it has no route any more
    now: datetime
    scale: float  # of waits

    @property
    def route(self) -> Route | None:
        return self.of[1].route if self.of is not None else None

    @property
    def terms(self) -> Terms:
        return terms.terms(self.route, self.scale) if self.route is not None else AT_ONCE


def _tell(session: Session, world: World, key: RouteKey) -> None:
    lock_subjects(session, [f"alerts {' '.join(key)}"])
    now = world.clock.now()
    found = store.due_groups(session, key, now=now)
    if not found:
        return
    rules = world.sets.active(session)
    of = rules.step(key.rule, key.step)
    due = _Due(
        groups={row.id: row for row in found},
        alerts=store.open_alerts(session, [row.id for row in found]),
        rules=rules,
        of=of if of is not None and of[1].route is not None else None,
        now=now,
        scale=world.scale,
    )
    _settle(session, due)
    muted = _mute(session, world, due)
    door = _door(session, key, due)
    steps = {
        one: machine.look(
            [store.alert_of(row, muted=muted) for row in due.alerts[one]],
            due.groups[one].told_at,
            due.terms,
            now=now,
            shut_until=door.shut_until,
        )
        for one in due.groups
    }
    _write(session, world, due, steps, door)
    world.alarms.lift(session, _alarm(key), text="they are told again", now=now)


def _settle(session: Session, due: _Due) -> None:
    """Those whose `for` is over begin to fire, or are over: the record says which."""
    ended: dict[str, str] = {}
    for row in (one for rows in due.alerts.values() for one in rows):
        if row.state != State.PENDING or row.ready_at > due.now:
            continue
        why = NO_RULE
        if due.of is not None:
            why = why_not(session, due.rules, due.of, row, now=due.now)
        row.state = State.FIRING
        ended |= {row.id: why} if why else {}
    for rows in due.alerts.values():
        store.end(rows, ended, now=due.now)


def _mute(session: Session, world: World, due: _Due) -> dict[str, datetime]:
    """By alert that is silenced now: until when. Each remembers by which silence."""
    active = silences.active(session, now=due.now)
    muted = {}
    for row in (one for rows in due.alerts.values() for one in rows):
        found = silences.silencing(active, row.labels)
        if found is not None and row.silence_id != found.id:
            world.metrics.alerted(row.rule, "silenced")
        row.silence_id = found.id if found is not None else None
        if found is not None:
            muted[row.id] = found.ends_at
    return muted


def _door(session: Session, key: RouteKey, due: _Due) -> Door:
    if due.route is None:
        return Door()
    cap = terms.cap(due.route, due.scale)
    sent = store.sent(session, key, since=due.now - cap.per) if cap is not None else []
    hours = shut_until(due.route, due.now)
    return Door(route=due.route, cap=cap, sent=sent, hours=hours, now=due.now)


def _write(
    session: Session,
    world: World,
    due: _Due,
    steps: Mapping[str, machine.Step],
    door: Door,
) -> None:
    wishes = [
        plan.Wish(group=one, waited=any(row.held_back for row in due.alerts[one]))
        for one, step in steps.items()
        if step.telling is not None
    ]
    work = Work(session, world)
    late = {one.group for one in wishes if one.waited}
    for number, groups in enumerate(plan.cards(wishes, door.room), start=1):
        waited = len(groups) > 1 or not late.isdisjoint(groups)
        content = Content(
            groups=[due.groups[one] for one in groups],
            tellings=[telling for one in groups if (telling := steps[one].telling) is not None],
            alerts={row.id: row for one in groups for row in due.alerts[one]},
            waited=waited,
            note=door.note(number, waited=waited),
        )
        owe(work, world, due.rules, due.of, content, now=due.now)
        _count_card(world, content)
    for one, step in steps.items():
        _count_held_back(world, due.alerts[one], step, door)
        _keep(due.groups[one], due.alerts[one], step, due.now)
    session.flush()
    work.write()


def _keep(group: GroupRow, alerts: Sequence[AlertRow], step: machine.Step, now: datetime) -> None:
    by = {row.id: f"silenced by {row.silence_id}" for row in alerts if row.silence_id}
    why = {one: by.get(one, said) if said == SILENCED else said for one, said in step.over.items()}
    store.end(alerts, why, now=now)
    firing = frozenset(step.telling.firing) if step.telling is not None else frozenset[str]()
    held = frozenset(step.held_back)
    for row in alerts:
        if row.id in firing:
            row.told_at, row.told_times, row.held_back = now, row.times, False
        elif row.id in held:
            row.held_back = True
    if step.telling is not None:
        group.told_at = now
        group.cards += 1
    group.look_at, group.updated_at = step.look_at, now


def _count_card(world: World, content: Content) -> None:
    """A card, the alerts in it, and how many of these have no card of their own for it."""
    rule = content.groups[0].rule
    told = {one for telling in content.tellings for one in (*telling.firing, *telling.resolved)}
    world.metrics.alerted(rule, "sent")
    world.metrics.alerted(rule, "told", len(told))
    if len(told) > 1:
        world.metrics.alerted(rule, "grouped", len(told) - 1)


def _count_held_back(
    world: World, alerts: Sequence[AlertRow], step: machine.Step, door: Door
) -> None:
    """Those that are newly held back: by the cap, or because nobody is to be disturbed now."""
    held = frozenset(step.held_back)
    why = "capped" if door.room == 0 else "quiet"
    for row in alerts:
        if row.id in held and not row.held_back:
            world.metrics.alerted(row.rule, why)


def _put_off(world: World, key: RouteKey, error: Exception) -> None:
    now = world.clock.now()
    with world.database.transaction() as session:
        store.put_off(session, key, now=now, until=now + AGAIN)
        world.alarms.lower(
            session,
            _alarm(key),
            kind="error",
            text=f"alerts of rule {key.rule} cannot be told: {type(error).__name__}",
            remedy="see the log; it is tried again by itself and nothing is lost",
            link=f"{world.public_url}/api/v1/alerts",
            now=now,
        )


def _alarm(key: RouteKey) -> str:
    return f"alerts:{key.rule}:{key.step}"
