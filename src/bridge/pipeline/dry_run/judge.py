"""One stored event under two sets of rules: what was decided then, and what the candidate decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bridge.canonical.event import Event
from bridge.ledger.facts import Facts
from bridge.ledger.store import as_event
from bridge.pipeline.dry_run.proof import unlike_decisions, unlike_deliveries
from bridge.pipeline.dry_run.stored import Stored
from bridge.pipeline.dry_run.versions import Versions
from bridge.rules.decision import Answer, Decision
from bridge.rules.engine import Moment, concerned, decide_rule
from bridge.rules.ruleset import RuleSet

Answers = Mapping[str, tuple[Decision, ...]]  # by rule


class Skipped(StrEnum):
    """Why an event cannot be compared."""

    UNDECIDED = "not decided yet"
    NO_FACTS = "what it was decided with is not kept any more"
    NO_RULES = (
        "the rules that decided it are not stored, or this version of Bridge cannot load them"
    )
    UNREADABLE = "it is stored in a form that this version of Bridge cannot read"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """An event with both answers.

    `unlike`: where the rules of then, asked today, say something else than what is stored.
    """

    event: Event
    version: str
    then_rules: RuleSet
    then: Answers
    now: Answers
    unlike: str = ""


@dataclass(kw_only=True)
class Judge:
    """Decides with the candidate and with the set of then, or with `against` instead of that.

    `only`: rules to consider, all if empty.
    """

    versions: Versions
    against: RuleSet | None = None
    only: frozenset[str] = frozenset()

    def judge(self, stored: Stored) -> Judged | Skipped:
        """Both answers to one event. Rules that did not change are asked once."""
        row = stored.event
        if not row.rule_version:
            return Skipped.UNDECIDED
        if not row.facts:
            return Skipped.NO_FACTS
        then = self.against or self.versions.of(row.rule_version)
        if then is None:
            return Skipped.NO_RULES
        try:
            event, facts = as_event(row), Facts.from_json(row.facts)
        except (ValueError, TypeError, KeyError):
            return Skipped.UNREADABLE
        return self._both(stored, event, facts, then)

    def _both(self, stored: Stored, event: Event, facts: Facts, rules: RuleSet) -> Judged | Skipped:
        version = stored.event.rule_version
        now = self._answers(event, facts, self.versions.candidate, {})
        shared = {
            rule: now[rule]
            for rule in self.versions.same_as_now(rules) & now.keys()
            if all(one.answer is not Answer.ERROR for one in now[rule])
        }
        then = self._answers(event, facts, rules, shared)
        if self.against is not None:
            return Judged(event=event, version=version, then_rules=rules, then=then, now=now)
        said = unlike_decisions(stored, then, self._concerns)
        if said:  # a shared answer may be another beside other rules: a bad field fails them all
            then = self._answers(event, facts, rules, {})
            said = unlike_decisions(stored, then, self._concerns)
        mended = self._mended(stored, event, facts, then)
        if mended is None:
            return Skipped.NO_RULES
        said = said or unlike_deliveries(stored, mended, self._concerns)
        return Judged(
            event=event, version=version, then_rules=rules, then=mended, now=now, unlike=said
        )

    def _answers(self, event: Event, facts: Facts, rules: RuleSet, known: Answers) -> Answers:
        """What these rules say, but for those whose answer is known."""
        moment = Moment(event=event, facts=facts, rules=rules)
        return {
            rule.id: known[rule.id] if rule.id in known else tuple(decide_rule(rule, moment))
            for rule in concerned(event, facts, rules)
            if self._concerns(rule.id)
        }

    def _concerns(self, rule: str) -> bool:
        return not self.only or rule in self.only

    def _mended(self, stored: Stored, event: Event, facts: Facts, then: Answers) -> Answers | None:
        """Where a rule failed and was mended later, its later answer is what came of the event.

        `None`: the set that mended it cannot be loaded.
        """
        first = stored.event.rule_version
        failed = {
            row.rule
            for row in stored.decisions
            if row.rule_version == first and row.answer == Answer.ERROR and row.mended
        }
        found = dict(then)
        for rule in sorted(failed & then.keys()):
            good = tuple(one for one in then[rule] if one.answer is not Answer.ERROR)
            later = [one.rule_version for one in stored.decisions if one.rule == rule]
            if later[-1] == first:  # mended, and nothing came of it
                found[rule] = good
                continue
            again = self._again(rule, later[-1], event, facts)
            if again is None:
                return None
            found[rule] = (*good, *(one for one in again if not _answered(one, good)))
        return found

    def _again(
        self, rule: str, version: str, event: Event, facts: Facts
    ) -> tuple[Decision, ...] | None:
        rules = self.versions.of(version)
        if rules is None:
            return None
        moment = Moment(event=event, facts=facts, rules=rules)
        return tuple(
            decision
            for one in concerned(event, facts, rules)
            if one.id == rule
            for decision in decide_rule(one, moment)
        )


def _answered(one: Decision, good: tuple[Decision, ...]) -> bool:
    """Whether it was decided well at first: what it owed then stays."""
    return any(one.target == other.target and other.answer is Answer.MATCHED for other in good)
