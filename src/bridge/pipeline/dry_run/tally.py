"""What a dry-run finds, added up event by event in memory that does not grow with them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.canonical.event import NO_NEWS
from bridge.outbox.arming import Actions
from bridge.pipeline.dry_run.calls import CallTally, Side
from bridge.pipeline.dry_run.distinct import Distinct
from bridge.pipeline.dry_run.judge import Judged, Skipped
from bridge.pipeline.dry_run.proof import is_first
from bridge.pipeline.dry_run.report import (
    Count,
    Deliveries,
    Events,
    RuleReport,
    State,
    Unlike,
    Version,
)
from bridge.pipeline.dry_run.rule_tally import RuleTally, Seen
from bridge.pipeline.dry_run.stored import Row, Stored
from bridge.rules.compare import Key, Owed, Pair, pairs
from bridge.rules.decision import Answer, Decision
from bridge.rules.ruleset import RuleSet

Written = Mapping[Key, str]

MOST = 10  # events that are named because they cannot be decided again as they were


@dataclass(kw_only=True)
class Tally:
    """`active` is the set that the candidate would take the place of."""

    actions: Actions
    candidate: RuleSet
    active: RuleSet | None
    calls: CallTally
    only: frozenset[str] = frozenset()
    compared: int = 0
    unlike: int = 0
    decided_at_activation: int = 0  # events with an error that is open still
    unlike_examples: list[Unlike] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    _unmatched: Counter[str] = field(default_factory=Counter)
    _times: list[datetime] = field(default_factory=list)  # of the first and the last event
    _rules: dict[str, RuleTally] = field(default_factory=dict)
    _records: defaultdict[str, Distinct] = field(default_factory=lambda: defaultdict(Distinct))

    def add(self, stored: Stored, found: Judged | Skipped) -> None:
        """Count one event."""
        self._times = [*self._times[:1], stored.event.recorded_at]
        if isinstance(found, Skipped):
            self.skipped[found.value] += 1
            return
        self.compared += 1
        self.versions[found.version] += 1
        self.decided_at_activation += any(map(_is_open_error, stored.decisions))
        self._note_unlike(found)
        self._note_unmatched(found)
        seen = Seen(event=found.event, then=found.then_rules)
        written = dict(_written(stored))
        for rule in dict.fromkeys((*found.then, *found.now)):
            self._rule(rule, found.then.get(rule, ()), found.now.get(rule, ()), seen, written)
        for row in stored.deliveries:
            if is_first(row) and (row.rule in found.then):
                self._of(row.rule).outcomes[row.state] += 1

    def events(self) -> Events:
        times = self._times
        return Events(
            compared=self.compared,
            skipped=dict(self.skipped),
            first=times[0] if times else None,
            last=times[-1] if times else None,
            unmatched_then=self._unmatched["then"],
            unmatched_now=self._unmatched["now"],
        )

    def rules(self) -> Iterator[RuleReport]:
        """Every rule of both sets and of the past, those that differ most first."""
        known = {
            rule.id for rules in (self.candidate, self.active) if rules for rule in rules.rules
        }
        reports = [
            self._of(rule).report(self._state(rule), self.candidate)
            for rule in sorted(self.only or known | self._rules.keys())
        ]
        yield from sorted(reports, key=lambda one: (not one.differs, -one.deliveries.differ))

    def deliveries(self) -> Deliveries:
        """Of all rules."""
        total = Counter[str]()
        for one in self._rules.values():
            total.update({"then": one.owed["then"], "now": one.owed["now"], **one.differ})
        return Deliveries(**{name: total[name] for name in Deliveries.model_fields})

    def records(self, which: str) -> Count:
        """Different records: `then`, `now`, or `differ`."""
        found = self._records[which]
        return Count(count=found.count(), exact=found.is_exact)

    def version_counts(self) -> tuple[Version, ...]:
        return tuple(Version(hash=one, events=many) for one, many in self.versions.most_common())

    def _rule(
        self,
        rule: str,
        then: Sequence[Decision],
        now: Sequence[Decision],
        seen: Seen,
        written: Written,
    ) -> None:
        tally = self._of(rule)
        tally.answered(then, now, seen)
        for pair in pairs(then, now):
            tally.delivery(pair, seen)
            self._count(pair, seen, written)

    def _count(self, pair: Pair, seen: Seen, written: Written) -> None:
        """Its calls, and the record it writes to."""
        alike = pair.then is not None and pair.now is not None and not pair.fields
        sides: tuple[tuple[Side, Owed | None], ...] = (("then", pair.then), ("now", pair.now))
        for side, one in sides:
            if one is None:
                continue
            self.calls.add(one.ask, seen.event.recorded_at, side=side)
            record = self._record(one, seen, written)
            for which in (side,) if alike else (side, "differ"):
                if record is not None:
                    self._records[which].add(record)

    def _record(self, one: Owed, seen: Seen, written: Written) -> str | None:
        """What a delivery writes to, by a name of its own; `None`: to no record, as a card."""
        kind, ask = self.actions[one.ask.action], one.ask
        if not kind.target and not kind.creates:
            return None
        address: Any = ask.args.get(kind.target) if kind.target else None
        known = ask.target_ref or address or written.get(one.key) or ask.target_link
        return str(known or f"{seen.event.subject} {ask.role or one.key}")

    def _note_unlike(self, found: Judged) -> None:
        if not found.unlike:
            return
        self.unlike += 1
        if len(self.unlike_examples) < MOST:
            self.unlike_examples.append(Unlike(event=found.event.id, what=found.unlike))

    def _note_unmatched(self, found: Judged) -> None:
        if found.event.origin in NO_NEWS:
            return
        for side, answers in (("then", found.then), ("now", found.now)):
            every = (one for decisions in answers.values() for one in decisions)
            self._unmatched[side] += all(one.answer is Answer.NO_MATCH for one in every)

    def _of(self, rule: str) -> RuleTally:
        if rule not in self._rules:
            self._rules[rule] = RuleTally(rule=rule)
        return self._rules[rule]

    def _state(self, rule: str) -> State:
        now, before = _version(self.candidate, rule), _version(self.active, rule)
        if now is None:
            return "gone"
        if before is None:
            return "new"
        return "same" if now == before else "changed"


def _written(stored: Stored) -> Iterator[tuple[Key, str]]:
    """By delivery: the record that it made or that it waited for, where it is there by now."""
    for row in stored.deliveries:
        ref = row.target_ref or (row.result or {}).get("ref")
        if ref and is_first(row):
            yield (row.rule, row.step, row.target), ref


def _is_open_error(row: Row) -> bool:
    return row.answer == Answer.ERROR and not row.mended


def _version(rules: RuleSet | None, rule: str) -> str | None:
    """Of the rule's content; `None`: the set does not have it."""
    return next((one.version for one in rules.rules if one.id == rule), None) if rules else None
