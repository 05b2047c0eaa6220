"""The fields on a customer's record that say how its work stands: link, URL, status, in step, problem.

A source names the vendor's fields in `write_back`. What should stand there is computed whole each
time and compared with what was owed last, so a write goes out only when something differs.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.orm import Session

from bridge.canonical.event import Event
from bridge.canonical.ids import stable_id
from bridge.canonical.ref import Ref
from bridge.canonical.text import cut
from bridge.connectors.contract import Mode
from bridge.ledger.latest import Latest
from bridge.ledger.lock import lock_subjects
from bridge.ledger.rolling import Rollings, rolled
from bridge.ledger.tables import LinkRow, LinkState
from bridge.outbox import hold
from bridge.outbox.arming import action_of, batch
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.shown import OWED, RULE, Shown
from bridge.pipeline.syncing.stuck import stuck
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet

MAX_PROBLEM = 255  # characters: the text field that administrators usually make
_KEPT = ("link", "url", "status", "problem")  # compared
_IN_STEP = "in_step_as_of"  # goes along, and alone where an audit finds that all agrees


def is_write_back(rule: str) -> bool:
    """Whether a delivery is one of ours here: its own failure is not written back."""
    return rule.startswith(RULE)


def foresee(work: Work, rules: RuleSet, refs: Iterable[str]) -> None:
    """Read all at once what `write_back` of events of these records will need."""
    lefts = {link.left_ref for ref in refs for link in work.known.links_of(ref)}
    sources = {one.id for one in rules.sources if one.write_back}
    kept = {ref for ref, row in work.known.records(lefts).items() if row.source in sources}
    made = {link.right_ref for link in work.known.links_from(kept) if link.right_ref}
    work.shown.fetch(kept, kept | made)


def write_back(
    work: Work,
    world: World,
    rules: RuleSet,
    event: Event,
    *,
    again: bool = False,
    now: datetime,
) -> None:
    """After an event: bring the records that its subject's links start from in step.

    `again`: somebody asked for what is there already, so it is said once more.
    """
    lefts = {link.left_ref for link in work.known.links_of(str(event.subject))}
    for left in sorted(lefts):
        refresh(work, world, rules, left, cause=event.id, again=again, now=now)


def lefts_of(work: Work, subject: str) -> list[str]:
    """The records that may say how the work about this one stands."""
    return sorted({subject, *(link.left_ref for link in work.known.links_of(subject))})


def written_on(
    work: Work, rules: RuleSet, subject: str
) -> Iterator[tuple[Latest, Mapping[str, str]]]:
    """Those of them that do say it, and by which of the vendor's fields."""
    for left in lefts_of(work, subject):
        row = work.known.record(left)
        source = next((one for one in rules.sources if row and one.id == row.source), None)
        if row is not None and source is not None and not row.deleted_at:
            yield row, source.write_back


def refresh(
    work: Work,
    world: World,
    rules: RuleSet,
    left: str,
    *,
    cause: str,
    again: bool = False,
    now: datetime,
) -> None:
    """Owe one update of a record's write-back fields, if they differ from what was owed last."""
    row = work.known.record(left)
    source = next((one for one in rules.sources if row and one.id == row.source), None)
    if row is None or source is None or not source.write_back or row.deleted_at:
        return
    if left not in work.locked:
        lock_subjects(work.session, [left])
    wanted = _wanted(work, row, source.write_back, rules)
    owed = work.shown.owed(left)
    differing = {name: value for name, value in wanted.items() if again or owed.get(name) != value}
    if not differing:
        return
    if _IN_STEP in source.write_back:
        differing[source.write_back[_IN_STEP]] = now.isoformat(timespec="seconds")
    work.shown.remember(left, differing, now)
    delivery = _delivery(world, rules, row, differing, cause=cause, now=now)
    _hold_if_observed(work.session, world, delivery, now)
    work.owe([delivery])


def confirm(
    work: Work, world: World, rules: RuleSet, left: str, *, age: timedelta, now: datetime
) -> None:
    """A record and all that is linked to it were found in step: say so, if that was said long ago."""
    row = work.known.record(left)
    source = next((one for one in rules.sources if row and one.id == row.source), None)
    field = source.write_back.get(_IN_STEP) if source is not None else None
    if row is None or field is None or row.deleted_at:
        return
    said = work.shown.owed(left).get(field)
    if said and now - datetime.fromisoformat(said) < age:
        return
    stamp = {field: now.isoformat(timespec="seconds")}
    work.shown.remember(left, stamp, now)
    delivery = _delivery(world, rules, row, stamp, cause=f"in_step:{now.isoformat()}", now=now)
    _hold_if_observed(work.session, world, delivery, now)
    work.owe([delivery])


def believe(
    shown: Shown,
    ref: str,
    fields: Mapping[str, str],
    values: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    """Take what a record shows for what was owed last, where nothing was: it is not written again."""
    owed = shown.owed(ref)
    news = {fields[name]: values.get(fields[name]) for name in _KEPT if name in fields}
    shown.remember(ref, {name: at for name, at in news.items() if name not in owed}, now)


def _wanted(work: Work, row: Latest, fields: Mapping[str, str], rules: RuleSet) -> dict[str, Any]:
    live = [link for link in work.known.links_from([row.ref]) if link.state == LinkState.LIVE]
    values = {
        "link": ", ".join(link.key for link in live) or None,
        "url": next((link.url for link in live if link.url), None),  # a URL field holds one
        "status": _status(work, live, rules.rollings),
        "problem": _problem(work, row.ref, live) or _stuck(work, rules, row.ref, fields),
    }
    return {fields[name]: value for name, value in values.items() if name in fields}


def _status(work: Work, live: list[LinkRow], rollings: Rollings) -> str | None:
    """The one issue's status in the vendor's word; of several, the least advanced and how many are done."""
    known = work.known.records(link.right_ref for link in live if link.right_ref)
    found = [
        (rollings.of(role=link.role, relation=link.relation), known[link.right_ref].data)
        for link in live
        if link.right_ref in known
    ]
    items = [(rolling, record) for rolling, record in found if rolling.counts]
    if not items:
        return None
    if len(items) == 1:
        word: str | None = items[0][1].get("status_name") or items[0][1].get("status")
        return word
    board = rolled(items)
    return f"{board.status} ({board.done} of {board.total} done)"


def _stuck(work: Work, rules: RuleSet, left: str, fields: Mapping[str, str]) -> str | None:
    """In words: what of it a sync cannot carry."""
    found = stuck(work, rules, left) if "problem" in fields else None
    return None if found is None else cut(found, MAX_PROBLEM)


def _problem(work: Work, left: str, live: list[LinkRow]) -> str | None:
    """In words: what about this record is dead now, the newest first."""
    subjects = [left, *(link.right_ref for link in live if link.right_ref)]
    new = (row for row in work.newest_dead(subjects) if not is_write_back(row.rule))
    dead = next(new, None) or work.shown.dead(subjects)
    if dead is None:
        return None
    return cut(f"{dead.action} to {dead.connection} failed: {dead.reason}", MAX_PROBLEM)


def _delivery(
    world: World,
    rules: RuleSet,
    row: Latest,
    fields: Mapping[str, Any],
    *,
    cause: str,
    now: datetime,
) -> DeliveryRow:
    ref = Ref.parse(row.ref)
    told = orjson.dumps(dict(sorted(fields.items()))).decode()
    delivery_id = stable_id("dlv", OWED, row.ref, cause, told)
    system = world.connections[ref.connection].system
    delivery = DeliveryRow(
        id=delivery_id,
        event_id=None,
        message_id=None,
        rule=f"{RULE}{row.source}",
        rule_version=rules.hash,
        step=OWED,
        connection=ref.connection,
        action=f"{system}.update_record",
        args={"object": ref.kind, "record": row.ref, "fields": dict(fields)},
        needs={},
        target_ref=row.ref,
        write_key=delivery_id,
        ordering_key=f"{ref.connection}|{row.ref}",
        subject=row.ref,
        customer=row.customer,
        origin="own",
        state=State.PENDING,
        reason="",
        not_before=now,
        occurred_at=now,
        created_at=now,
    )
    bulk = world.bulk(delivery.connection)
    delivery.batch = batch(action_of(delivery, world.actions), bulk=bulk)
    return delivery


def _hold_if_observed(session: Session, world: World, delivery: DeliveryRow, now: datetime) -> None:
    if world.connections[delivery.connection].settings.mode is not Mode.OBSERVE:
        return
    about = f"connection {delivery.connection}"
    held = hold.open_hold(
        session,
        "observe",
        about,
        reason=f"{about} is in mode observe: recorded, not sent",
        connection=delivery.connection,
        rule=None,
        now=now,
    )
    delivery.state, delivery.hold_id, delivery.reason = State.HELD, held.id, held.reason
