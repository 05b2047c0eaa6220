"""A live record under a set of mappings: what its rules would do. Nothing is sent, nothing is kept.

The record is read from its system now. Each rule about its kind is asked as if what it waits for had
just happened: the real event where the record is new or differs from what is known, else one that is
pretended. What is linked to it is as the ledger knows it. Syncs are asked by what both records show now.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.event import Act, Change, Event, Origin, event_id, triggers
from bridge.canonical.ref import Ref
from bridge.canonical.timed import TIMED
from bridge.connectors.connected import Connections
from bridge.errors import BridgeError, Malformed
from bridge.ledger import compare
from bridge.ledger.facts import Facts, Linked, facts
from bridge.ledger.known import Known
from bridge.ledger.search import find_record
from bridge.ledger.sighting import Sighting
from bridge.outbox import connection
from bridge.pipeline.adoption.finding import Asked, Seen, find, look
from bridge.pipeline.ruleset.try_syncs import far_ends, tried, with_idle
from bridge.pipeline.syncing.standings import SyncStanding
from bridge.pipeline.world import World
from bridge.rules.attribution import attributed
from bridge.rules.decision import Decision
from bridge.rules.engine import Moment, decide_rule
from bridge.rules.ruleset import Rule, RuleSet

SHOWN = 5  # records that a name may mean


class Untried(BridgeError):
    """The name means no record, or several, or one that these mappings do not take."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """`on`: only rules that wait for this event. `changed`: fields to pretend a change of."""

    record: str
    on: str | None = None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What one rule says, for each linked record it is about. `pretended`: `on` did not happen."""

    rule: Rule
    on: str
    pretended: bool
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A record as it is read now, and what the rules about it say.

    `changed`: fields that differ from what is known, or were pretended to. `linked`: by role, what it
    is linked to; `ends`: the same by link. `syncs`: what they would write, unless one event was asked
    about.
    """

    ref: Ref
    sighting: Sighting
    known: bool
    changed: tuple[str, ...]
    linked: Mapping[str, str]
    ends: Mapping[str, str]
    answers: tuple[Answered, ...]
    syncs: tuple[SyncStanding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Stage:
    """The record, and what is known beside it."""

    rules: RuleSet
    event: Event
    facts: Facts


def try_record(world: World, rules: RuleSet, wish: Wish) -> Trial:
    """Read the record and ask the rules. Raises Untried, and the connection's DeliveryErrors."""
    sighting = _seen(world, rules, wish.record)
    syncing = with_idle(rules)
    far = None if wish.on else far_ends(world, syncing, sighting.ref)
    now = world.clock.now()
    with world.database.reading() as session:
        stage = _staged(session, world, rules, sighting, wish.changed, now=now)
        synced = () if far is None else tried(session, world, syncing, sighting, far, now=now)
    answers = _answers(stage, wish.on)
    return Trial(
        ref=sighting.ref,
        sighting=sighting,
        known=stage.facts.before is not None,
        changed=tuple(change.field for change in stage.event.changes),
        linked={one.role: _called(one) for one in stage.facts.linked},
        ends={one.link_id: _called(one) for one in stage.facts.linked},
        answers=tuple(answers),
        syncs=synced,
    )


def _called(linked: Linked) -> str:
    return linked.key or linked.ref or "on its way"


def _seen(world: World, rules: RuleSet, said: str) -> Sighting:
    """The record that a case number, an issue key, a URL or a ref means, as it is now."""
    refs, reason = _meant(world, rules, said)
    away = sorted(
        {ref.connection for ref in refs if not _readable(world.connections, ref.connection)}
    )
    if away:
        raise Untried(f"{said}: nothing can be read at {away[0]}")
    seen = look(world.connections, rules, refs)
    there = sorted(seen, key=str)
    if not there:
        raise Untried(
            f"{said!r} is no record that can be seen now{f': {reason}' if reason else ''}"
        )
    if len(there) > 1:
        raise Untried(f"{said!r} may be {', '.join(map(str, there[:SHOWN]))}: say which")
    (ref,) = there
    if seen[ref].sighting is None:
        raise Untried(f"{ref} {seen[ref].reason}")
    return _attributed(world, rules, seen[ref])


def _meant(world: World, rules: RuleSet, said: str) -> tuple[Sequence[Ref], str]:
    """The refs that a text may mean, known to Bridge or not; with none, why."""
    with world.database.reading() as session:
        row = find_record(session, said)
        states = connection.rows(session)
    closed = {name for name, one in states.items() if one.state != connection.OPEN}
    if row is not None:
        ref = Ref.parse(row.ref)
        if ref.connection in closed:
            raise Untried(f"{ref.connection} is not called now; see: bridge connections")
        return [ref], ""
    places = [one for one in _places(world.connections, rules) if one[0] not in closed]
    asked: list[Asked] = [(said, place) for place in places]
    found = find(world.connections, asked).values()
    refs = sorted({ref for meant in found for ref in meant.refs}, key=str)
    return refs, "; ".join(dict.fromkeys(meant.reason for meant in found if meant.reason))


def _places(connections: Connections, rules: RuleSet) -> list[tuple[str, str]]:
    """Where records of these mappings can be read."""
    return sorted(
        {
            (source.connection, source.object)
            for source in rules.sources
            if _readable(connections, source.connection)
        }
    )


def _readable(connections: Connections, name: str) -> bool:
    return name in connections and connections[name].connector.reader is not None


def _attributed(world: World, rules: RuleSet, seen: Seen) -> Sighting:
    """With the departments of `people.yaml`, as the intake has it."""
    assert seen.sighting is not None
    return attributed(
        seen.sighting,
        rules.people,
        kind=world.kinds[seen.sighting.kind],
        systems=rules.systems,
        spellings=world.connections[seen.sighting.ref.connection].connector.spellings,
    )


def _staged(
    session: Session,
    world: World,
    rules: RuleSet,
    sighting: Sighting,
    pretended: Collection[str],
    *,
    now: datetime,
) -> _Stage:
    known = Known(session)
    row = known.record(str(sighting.ref))
    before = dict(row.data) if row is not None else None
    act = Act.CREATED if row is None else Act.UPDATED
    kind = world.kinds[sighting.kind]
    tracked = kind.tracked if sighting.tracked is None else kind.tracked & sighting.tracked
    changes = compare.changes(before, replace(sighting, act=act), tracked, requests=kind.requests)
    record = compare.merged(before, sighting)
    event = Event(
        id=event_id(sighting.ref, f"{sighting.kind}.{act}", "tried"),
        connection=sighting.ref.connection,
        subject=sighting.ref,
        kind=f"{sighting.kind}.{act}",
        version="tried",
        occurred_at=sighting.occurred_at,
        recorded_at=now,
        origin=Origin.WEBHOOK,
        actor=sighting.actor,
        department=sighting.department,
        customer=sighting.customer,
        project=sighting.project,
        record=record,
        changes=_with(changes, pretended, record, known=tracked),
    )
    return _Stage(
        rules=rules,
        event=event,
        facts=facts(known, event, before=before, now=now, rollings=rules.rollings),
    )


def _with(
    changes: Sequence[Change],
    pretended: Collection[str],
    record: dict[str, object],
    *,
    known: frozenset[str],
) -> tuple[Change, ...]:
    """The changes there are, and those that are pretended. Raises Malformed for no tracked field."""
    there = {change.field for change in changes}
    strange = sorted(set(pretended) - known)
    if strange:
        said = ", ".join(sorted(known))
        raise Malformed(f"no change of {strange[0]!r} makes an event; tracked are: {said}")
    more = (Change(field=name, after=record.get(name)) for name in pretended if name not in there)
    return tuple(sorted((*changes, *more), key=lambda change: change.field))


def _answers(stage: _Stage, on: str | None) -> Iterator[Answered]:
    rules = [
        rule
        for rule in stage.rules.rules
        if rule.kind == stage.event.record_kind and (on is None or on in rule.when)
    ]
    if on is not None and not rules:
        waits = sorted({name for rule in stage.rules.rules for name in rule.when})
        raise Malformed(f"no rule waits for {on!r}; there are: {', '.join(waits)}")
    for rule in rules:
        name, event = _event_for(rule, stage.event, on)
        moment = Moment(event=event, facts=stage.facts, rules=stage.rules)
        decisions = tuple(decide_rule(rule, moment))
        yield Answered(
            rule=rule, on=name, pretended=name not in triggers(stage.event), decisions=decisions
        )


def _event_for(rule: Rule, real: Event, on: str | None) -> tuple[str, Event]:
    """What the rule is asked about: the real event if it waits for it, else the first it waits for."""
    happened = sorted(rule.when & triggers(real))
    name = on or (happened or sorted(rule.when))[0]
    if name in triggers(real):
        return name, real
    kind, _, what = name.partition(".")
    if name in TIMED:
        return name, real.model_copy(update={"kind": name, "origin": Origin.CLOCK})
    if what in set(Act) or what == "linked":
        return name, real.model_copy(update={"kind": name})
    became = Change(
        field=what, after=True
    )  # feedback.requested: a yes-or-no field that became true
    rest = tuple(change for change in real.changes if change.field != what)
    record = {**real.record, what: True}
    return name, real.model_copy(
        update={"kind": f"{kind}.updated", "changes": (*rest, became), "record": record}
    )
