"""A rule that time sets off is new, or another than it was: all records are looked through for it.

That goes in chunks, each in a transaction of its own that also notes how far it came, so a restart
or another leader goes on there. What lies behind already when a rule is new is left alone, unless
the rule says `existing: tell`; what was planned under the rule's earlier form keeps its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from bridge.errors import RuleError
from bridge.ledger.latest import read, refs_after
from bridge.ledger.lock import lock_with_linked
from bridge.pipeline.timing.planning import standing, timer_of
from bridge.pipeline.world import World
from bridge.rules import store as rule_store
from bridge.rules.ruleset import RuleSet
from bridge.timers import store
from bridge.timers.store import Timers
from bridge.timers.tables import TimedRuleRow

CHUNK = 200  # records in one transaction
SWEPT = 1_000  # timers of a rule that is gone, at a look
SETTLED = timedelta(seconds=30)  # who began under the set before has come to an end by then
MOST_SETS = 20  # that were active since the last look
FIRST = ""  # before every ref


@dataclass(frozen=True, kw_only=True)
class News:
    """What the active set says of time otherwise than was known."""

    activation: int
    begun: tuple[TimedRuleRow, ...]
    kept: frozenset[str]
    gone: frozenset[str]

    def note(self, session: Session) -> None:
        store.seen_with(session, self.kept, self.activation)
        store.begin(session, self.begun)
        for rule in sorted(self.gone):
            store.forget(session, rule, limit=SWEPT)


def replan(world: World, *, chunk: int = CHUNK) -> int:
    """See whether a rule is new, and look through the next chunk of records; how many there were."""
    with world.database.reading() as session:
        rules = world.sets.active(session)
        known = store.timed_rules(session)
        news = _news(session, world, rules, known)
    if news is not None:
        with world.database.transaction() as session:
            news.note(session)
    elif all(row.cursor is None for row in known.values()):
        return 0
    with world.database.transaction() as session:
        return _chunk(session, world, chunk)


def _news(
    session: Session, world: World, rules: RuleSet, known: Mapping[str, TimedRuleRow]
) -> News | None:
    bases = _bases(rules)
    newest = rule_store.newest(session)
    told = {rule: row.basis for rule, row in known.items() if row.activation == newest.seq}
    early = world.clock.now() - newest.at < SETTLED or newest.hash != rules.hash
    if early or (told == bases and told.keys() == known.keys()):
        return None
    same = [row.activation for row in known.values() if row.basis == bases.get(row.rule)]
    past = _between(session, world, min(same)) if same else []
    kept, begun = set(), []
    for rule, basis in bases.items():
        row = known.get(rule)
        since = [] if row is None else [one.get(rule) for seq, one in past if seq > row.activation]
        if row is not None and {row.basis, *since} == {basis}:
            kept.add(rule)
            continue
        begun.append(TimedRuleRow(rule=rule, basis=basis, activation=newest.seq, cursor=FIRST))
    return News(
        activation=newest.seq,
        begun=tuple(begun),
        kept=frozenset(kept),
        gone=frozenset(known.keys() - bases.keys()),
    )


def _between(session: Session, world: World, after: int) -> list[tuple[int, Mapping[str, str]]]:
    """What each set that was active since said of time; of one that cannot be loaded, nothing."""
    found = rule_store.activations_after(session, after)
    recent, sets = found[-MOST_SETS:], dict[str, Mapping[str, str]]()
    for one in recent:
        if one.hash not in sets:
            try:
                sets[one.hash] = _bases(world.sets.by_hash(session, one.hash))
            except RuleError:
                sets[one.hash] = {}
    return [(one.seq, sets.get(one.hash, {})) for one in found]


def _bases(rules: RuleSet) -> dict[str, str]:
    return {timing.rule: timing.basis for found in rules.timings.values() for timing in found}


def _chunk(session: Session, world: World, size: int) -> int:
    """The next records, for those rules that have come least far."""
    rules, known = world.sets.active(session), store.timed_rules(session)
    bases = _bases(rules)
    open_ = {
        rule: row
        for rule, row in known.items()
        if row.cursor is not None and row.basis == bases.get(rule)
    }
    if not open_:
        return 0
    cursor = min(row.cursor or FIRST for row in open_.values())
    group = {rule: row for rule, row in open_.items() if row.cursor == cursor}
    page = refs_after(session, cursor, limit=size)
    refs = [ref for ref, kind in page if kind in rules.timings]
    lock_with_linked(session, refs)
    _look_through(session, world, rules, group, refs)
    last = page[-1][0] if len(page) == size else None
    for row in group.values():
        store.advance(session, row, last)
    return len(page)


def _look_through(
    session: Session,
    world: World,
    rules: RuleSet,
    group: Mapping[str, TimedRuleRow],
    refs: Sequence[str],
) -> None:
    planned, timers, now = store.of_records(session, refs), Timers(session), world.clock.now()
    for record in read(session, refs):
        for timing in rules.timings.get(record.kind, ()):
            if timing.rule not in group:
                continue
            there = (record.ref, timing.rule) in planned
            since = timing.since(standing(record))
            found = since and timer_of(timing, record.ref, since, now=now, old=not there)
            if found:
                timers.put(found)
            elif there:
                timers.drop(record.ref, timing.rule)
    timers.write()
