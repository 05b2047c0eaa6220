"""Small actions with the shape of the real ones, and short ways to a rule set and an event."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, Self

from typing_extensions import override

from bridge.canonical.duration import Duration
from bridge.canonical.event import Change, Event, Origin
from bridge.canonical.kind import standard
from bridge.canonical.ref import Ref
from bridge.connectors.action import Action, Repeat
from bridge.ledger.facts import Facts
from bridge.rules.decision import Answer, Decision
from bridge.rules.engine import decide
from bridge.rules.loader import load
from bridge.rules.problem import MappingProblems
from bridge.rules.ruleset import RuleSet

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONNECTIONS = {"jira": "jira", "salesforce": "salesforce", "teams": "teams"}


class CreateIssue(Action[Any]):
    kind: ClassVar[str] = "jira.create_issue"
    repeat: ClassVar[Repeat] = Repeat.FINDABLE
    creates: ClassVar[str | None] = "issue"
    fields_from: ClassVar[str | None] = "fields"

    project: str
    summary: str
    description: str | None = None
    priority: str | None = None
    labels: tuple[str, ...] | None = None
    fields: Mapping[str, Any] = {}


class UpdateIssue(Action[Any]):
    kind: ClassVar[str] = "jira.update_issue"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "issue"

    issue: str
    summary: str | None = None
    due: str | None = None
    weight: float | None = None

    @override
    def merged(self, later: Self) -> Self:
        return later


class UpdateRecord(Action[Any]):
    kind: ClassVar[str] = "salesforce.update_record"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "record"
    fields_from: ClassVar[str | None] = "fields"

    record: str
    fields: Mapping[str, Any]


class PostCard(Action[Any]):
    kind: ClassVar[str] = "teams.post_card"
    repeat: ClassVar[Repeat] = Repeat.UNSAFE

    channel: str
    title: str
    facts: Mapping[str, str] = {}
    stale_after: Duration | None = None
    ambiguous: Literal["repeat", "skip"] = "skip"


ACTIONS: Mapping[str, type[Action[Any]]] = {
    action.kind: action for action in (CreateIssue, UpdateIssue, UpdateRecord, PostCard)
}


def loaded(text: str, *, sources: str | None = None, **more: Any) -> RuleSet:
    """The rule set of one file of rules, and one of sources."""
    files = {"rules/r.yaml": text} | ({"sources/s.yaml": sources} if sources else {})
    return load(
        files, **{"kinds": standard(), "actions": ACTIONS, "connections": CONNECTIONS, **more}
    )


def problems(text: str, *, sources: str | None = None, **more: Any) -> list[str]:
    """The mistakes in one file of rules, as lines."""
    try:
        loaded(text, sources=sources, **more)
    except MappingProblems as error:
        return [str(problem) for problem in error.problems]
    return []


def rule(
    *,
    when: str = "feedback.created",
    condition: str = "",
    do: str = "[{teams.post_card: {channel: a, title: b}}]",
    more: str = "",
) -> str:
    """A file with one rule; `do` is YAML, `condition` is quoted for YAML here."""
    asked = condition.replace("'", "''")
    lines = [
        "version: 1",
        "maps: {priority: {critical: Highest, high: High}}",
        "rules:",
        "  - id: r",
        "    description: d",
        f"    when: {when}",
        f"    if: '{asked}'" if condition else "",
        f"    {more}" if more else "",
        f"    do: {do}",
        "    tests: [{name: t, given: {event: feedback.created}, expect: []}]",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def many(conditions: Sequence[str], *, when: str) -> str:
    """A file with one rule for each condition, called r0, r1, …; the condition of rule n stands
    on line 7 + 6n."""
    lines = ["version: 1", "maps: {priority: {critical: Highest, high: High}}", "rules:"]
    for number, condition in enumerate(conditions):
        asked = condition.replace("'", "''")
        lines += [
            f"  - id: r{number}",
            "    description: d",
            f"    when: {when}",
            f"    if: '{asked}'",
            "    do: [{teams.post_card: {channel: a, title: b}}]",
            "    tests: [{name: t, given: {event: x}, expect: []}]",
        ]
    return "\n".join(lines) + "\n"


def refusals(conditions: Sequence[str], *, when: str) -> dict[str, str]:
    """What is said of the conditions that do not load, all loaded together."""
    try:
        loaded(many(conditions, when=when))
    except MappingProblems as error:
        return {conditions[(one.line - 7) // 6]: one.text for one in error.problems}
    return {}


def event(
    record: Mapping[str, Any],
    *,
    kind: str = "feedback.created",
    changes: tuple[Change, ...] = (),
    **more: Any,
) -> Event:
    """An event of a record at Salesforce, or at Jira for a work item."""
    home = "jira" if kind.startswith("work_item") else "salesforce"
    values: dict[str, Any] = {
        "id": "evt_1",
        "connection": home,
        "subject": Ref(home, "Case" if home == "salesforce" else "issue", "1"),
        "kind": kind,
        "version": "1",
        "occurred_at": NOW,
        "recorded_at": NOW,
        "origin": Origin.WEBHOOK,
        "record": record,
        "changes": changes,
    }
    return Event(**{**values, **more})


def matched(rules: RuleSet, happened: Event) -> list[str]:
    """Ids of the rules that matched an event, or could not be evaluated for it."""
    decisions = decide(happened, Facts(now=NOW), rules)
    return [decision.rule for decision in decisions if decision.answer is not Answer.NO_MATCH]


def decided(rules: RuleSet, happened: Event, **facts: Any) -> Decision:
    """The one decision about an event."""
    (decision,) = decide(happened, Facts(**{"now": NOW, **facts}), rules)
    return decision
