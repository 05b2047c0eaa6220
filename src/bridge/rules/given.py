"""The event and the facts of a test, made from the little that it gives."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bridge.canonical.event import Actor, Change, Event, Origin
from bridge.canonical.kind import Kind, Kinds
from bridge.canonical.ref import Ref
from bridge.canonical.timed import TIMED
from bridge.errors import Malformed
from bridge.ledger.compare import plain
from bridge.ledger.facts import Due, Facts, Linked
from bridge.ledger.rolling import Rollup
from bridge.rules.example import EventForm, Given, LinkedForm
from bridge.rules.occasion import occasion
from bridge.rules.problem import did_you_mean
from bridge.rules.rule_loader import trigger_names
from bridge.rules.ruleset import Rule, RuleSet
from bridge.rules.stated import Unusable, record_of, time_of


def moments(
    rules: RuleSet, rule: Rule, given: Given, *, kinds: Kinds
) -> Iterator[tuple[Event, Facts]]:
    """What the rule is to decide on: each event of the test, by each way it may have come.

    Raises Unusable for a test that cannot be run as it is written.
    """
    for said in given.event:
        event, facts = _moment(rules, rule, given, said, kinds=kinds)
        for origin in given.origin if event.kind not in TIMED else (event.origin,):
            yield event.model_copy(update={"origin": origin}), facts


def _moment(
    rules: RuleSet, rule: Rule, given: Given, said: EventForm, *, kinds: Kinds
) -> tuple[Event, Facts]:
    extra = given.model_extra or {}
    for name in extra:
        if name != rule.kind:
            known = (rule.kind, *Given.model_fields)
            raise Unusable(f"unknown key `{name}`{did_you_mean(name, known)}", ("given", name))
    record = record_of(kinds[rule.kind], extra.get(rule.kind, {}), place=("given", rule.kind))
    before = (
        None
        if given.before is None
        else record_of(kinds[rule.kind], given.before, place=("given", "before"))
    )
    kind = kinds[rule.kind]
    tracked = _tracked(rules, kind)
    compared = before is not None or said.kind.endswith(".created")
    changes = _changes(given, tracked, record=record, before=(before or {}) if compared else None)
    linked = tuple(
        _linked(rules, one, number, kinds=kinds) for number, one in enumerate(given.linked)
    )
    now, due = _occasion(rule, given, said, record)
    event = _event(rules, kind, said, record=record, changes=changes, now=now)
    return event, Facts(now=now, due=due, before=before, linked=linked)


def _occasion(
    rule: Rule, given: Given, event: EventForm, record: Mapping[str, Any]
) -> tuple[datetime, Due | None]:
    """The time of the test, and why time makes its event, if it is one that time makes."""
    now = time_of(given.now, ("given", "now"))
    if rule.timing is None or event.kind != rule.timing.event:
        return now, None
    told = given.since or record.get(rule.timing.field)
    said = now if "now" in given.model_fields_set else None
    since = None if told is None else time_of(told, ("given", "since"))
    at, due = occasion(rule.timing, record, since=since, now=said)
    return at or now, due


def _event(
    rules: RuleSet,
    kind: Kind,
    said: EventForm,
    *,
    record: Mapping[str, Any],
    changes: tuple[Change, ...],
    now: datetime,
) -> Event:
    """The event of a test; `feedback.requested` is an update that made the field true."""
    what = _happening(kind, said.kind)
    act = what.partition(".")[2]
    if act in kind.model.model_fields:
        changes = (*(one for one in changes if one.field != act), _became_true(act))
        what = f"{kind.name}.updated"
    place = home(rules, kind.name)
    subject = Ref(place, kind.name, "1") if said.subject is None else _ref(said.subject)
    return Event(
        id="evt_test",
        connection=subject.connection,
        subject=subject,
        kind=what,
        version=said.version,
        occurred_at=_when(said.occurred_at, now, "occurred_at"),
        recorded_at=_when(said.recorded_at, now, "recorded_at"),
        origin=Origin.CLOCK if what in TIMED else Origin.WEBHOOK,
        actor=_actor(said),
        department=said.department,
        customer=said.customer,
        project=said.project,
        record=record,
        changes=changes,
        stale=said.stale,
    )


def _happening(kind: Kind, said: str) -> str:
    """What happened, of what can happen to a record of the kind."""
    if said not in TIMED and said.partition(".")[0] != kind.name:
        raise Unusable(f"the rule is not about {said}", ("given", "event"))
    known = trigger_names(kind)
    if said not in known:
        text = f"there is no event `{said}` of {kind.name}{did_you_mean(said, known)}"
        raise Unusable(text, ("given", "event"))
    return said


def _became_true(field: str) -> Change:
    return Change(field=field, before=False, after=True)


def _actor(said: EventForm) -> Actor | None:
    if said.actor_id is None:
        return None
    return Actor(id=said.actor_id, name=said.actor_name, kind=said.actor_kind)


def _ref(text: str) -> Ref:
    try:
        return Ref.parse(text)
    except Malformed as error:
        raise Unusable(str(error), ("given", "event", "subject")) from None


def _when(text: str | None, now: datetime, name: str) -> datetime:
    return now if text is None else time_of(text, ("given", "event", name))


def _changes(
    given: Given,
    tracked: frozenset[str],
    *,
    record: Mapping[str, Any],
    before: Mapping[str, Any] | None,
) -> tuple[Change, ...]:
    """As the ledger finds them: what is not as it was `before`. No `before`: no more than is named."""
    for number, name in enumerate(given.changed):
        if name not in tracked:
            text = f"no field `{name}` that is tracked{did_you_mean(name, tracked)}"
            raise Unusable(text, ("given", "changed", number))
    old = before or {}
    moved = [
        name
        for name in record
        if before is not None and name in tracked and plain(record[name]) != plain(old.get(name))
    ]
    return tuple(
        Change(field=name, before=old.get(name), after=record.get(name))
        for name in dict.fromkeys((*moved, *given.changed))
    )


def _tracked(rules: RuleSet, kind: Kind) -> frozenset[str]:
    """What some source keeps changes of; all that the kind tracks where none is there."""
    kept = [source.tracked for source in rules.sources if source.kind == kind.name]
    return kind.tracked & frozenset[str]().union(*kept) if kept else kind.tracked


def _linked(rules: RuleSet, form: LinkedForm, number: int, *, kinds: Kinds) -> Linked:
    extra = form.model_extra or {}
    where = ("given", "linked", number)
    if len(extra) != 1 or next(iter(extra)) not in kinds:
        names = ", ".join(kind.name for kind in kinds)
        raise Unusable(f"a linked record stands under its kind: one of {names}", where)
    kind, values = next(iter(extra.items()))
    connection = form.connection or home(rules, kind)
    ref = f"{connection}:{kind}:{number + 1}" if form.ref == "" else form.ref
    due = form.rollup.due
    return Linked(
        link_id=f"link-{number + 1}",
        role=form.role,
        relation=form.relation,
        kind=kind,
        ref=ref,
        connection=connection,
        key=form.key,
        url=form.url,
        record=record_of(kinds[kind], values, place=(*where, kind)),
        rollup=Rollup(
            status=form.rollup.status,
            due=None if due is None else time_of(due, (*where, "rollup", "due")),
            done=form.rollup.done,
            total=form.rollup.total,
        ),
    )


def home(rules: RuleSet, kind: str) -> str:
    """A connection records of this kind come from."""
    found = (source.connection for source in rules.sources if source.kind == kind)
    return next(found, "test")
