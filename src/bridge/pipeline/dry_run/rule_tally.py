"""What a dry-run finds of one rule, added up event by event; of each difference the newest examples."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bridge.canonical.event import Event
from bridge.pipeline.dry_run.discretion import told
from bridge.pipeline.dry_run.report import Deliveries, Example, RuleReport, State
from bridge.pipeline.dry_run.words import NAMES
from bridge.rules.compare import Pair
from bridge.rules.decision import Answer, Decision
from bridge.rules.ruleset import RuleSet

KEPT = 3  # examples of each difference
NEW, GONE, MORE, FEWER, OTHER, FAILED = (
    "newly_matched", "no_longer_matched", "added", "removed", "changed", "errors"
)  # fmt: skip
UNSAID: Mapping[State, str] = {
    "new": "there was no such rule",
    "gone": "the candidate has no such rule",
    "changed": "its `when` is not about this event",
    "same": "it was not about this event",
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An event in which a rule differs, with the set that answered then."""

    event: Event
    then: RuleSet
    reason: str = ""
    pair: Pair | None = None


@dataclass(kw_only=True)
class RuleTally:
    """One rule. `differ` counts deliveries by what they are: added, removed, changed."""

    rule: str
    matched: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    owed: Counter[str] = field(default_factory=Counter)
    differ: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, deque[Seen]] = field(default_factory=dict)

    def answered(self, then: Sequence[Decision], now: Sequence[Decision], seen: Seen) -> None:
        """Count what both answers to an event are."""
        before, after = _matched(then), _matched(now)
        self.matched["then"] += before
        self.matched["now"] += after
        failed = _failed(now)
        self.errors["then"] += bool(_failed(then))
        self.errors["now"] += bool(failed)
        if failed and failed != _failed(then):
            self._keep(FAILED, seen, failed)
        if after and not before:
            self._keep(NEW, seen, _reason(then))
        if before and not after:
            self._keep(GONE, seen, _reason(now))

    def delivery(self, pair: Pair, seen: Seen) -> None:
        """Count one delivery of both answers."""
        self.owed["then"] += pair.then is not None
        self.owed["now"] += pair.now is not None
        what = MORE if pair.then is None else FEWER if pair.now is None else OTHER
        if what is OTHER and not pair.fields:
            return
        self.differ[what] += 1
        self.fields.update(one.name for one in pair.fields)
        self._examples(what).append(Seen(event=seen.event, then=seen.then, pair=pair))

    def report(self, state: State, now: RuleSet) -> RuleReport:
        """What was counted, with the examples as texts."""
        examples = {
            what: tuple(_example(one, now, unsaid=UNSAID[state]) for one in self.examples[what])
            for what in NAMES
            if what in self.examples
        }
        return RuleReport(
            rule=self.rule,
            state=state,
            matched_then=self.matched["then"],
            matched_now=self.matched["now"],
            newly_matched=self.differ[NEW],
            no_longer_matched=self.differ[GONE],
            errors_then=self.errors["then"],
            errors_now=self.errors["now"],
            deliveries=Deliveries(
                then=self.owed["then"],
                now=self.owed["now"],
                added=self.differ[MORE],
                removed=self.differ[FEWER],
                changed=self.differ[OTHER],
            ),
            fields=_sorted(self.fields),
            outcomes=_sorted(self.outcomes),
            examples=examples,
        )

    def _keep(self, what: str, seen: Seen, reason: str) -> None:
        self.differ[what] += 1
        kept = Seen(event=seen.event, then=seen.then, reason=reason)
        self._examples(what).append(kept)

    def _examples(self, what: str) -> deque[Seen]:
        return self.examples.setdefault(what, deque(maxlen=KEPT))


def _matched(decisions: Sequence[Decision]) -> bool:
    return any(one.answer is Answer.MATCHED for one in decisions)


def _failed(decisions: Sequence[Decision]) -> str:
    """Why the first that failed did, or nothing."""
    return next((one.reason for one in decisions if one.answer is Answer.ERROR), "")


def _reason(decisions: Sequence[Decision]) -> str:
    """Empty where the rule was not asked at all."""
    return decisions[0].reason if decisions else ""


def _sorted(counted: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def _example(seen: Seen, now: RuleSet, *, unsaid: str) -> Example:
    event, pair = seen.event, seen.pair
    asked = (pair.now or pair.then) if pair else None
    return Example(
        event=event.id,
        kind=event.kind,
        subject=str(event.subject),
        record=str(event.record.get("key") or event.record.get("number") or ""),
        occurred_at=event.occurred_at,
        step=asked.ask.step if asked else "",
        action=asked.ask.action if asked else "",
        reason=seen.reason or ("" if pair else unsaid),
        fields=told(pair, seen.then, now) if pair else (),
    )
