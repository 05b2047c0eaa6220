"""What no test reaches is named where it stands; what some test reaches is not."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.rules.coverage import Coverage, coverage
from bridge.rules.examples import trials
from rules.fakes import ACTIONS, loaded, rule

PLAIN = "tests: [{name: t, given: {event: feedback.created}, expect: []}]"
ACTS = "{event: feedback.created}"


@pytest.fixture
def covered() -> Callable[..., Coverage]:
    """The coverage of one rule whose tests give these things, whatever they expect."""

    def run(given: Sequence[str], known: Any = ACTIONS, **about: str) -> Coverage:
        tests = [f"{{name: t{n}, given: {one}, expect: []}}" for n, one in enumerate(given)]
        text = rule(**about).replace(PLAIN, f"tests: [{', '.join(tests)}]")
        rules = loaded(text, actions=known)
        return coverage(rules, tuple(trials(rules, actions=known, kinds=standard())))

    return run


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([ACTS], ["no test makes it do nothing"]),
        (["{event: feedback.updated}"], ["no test makes it act"]),
        ([ACTS, "{event: feedback.updated}"], []),
        (["{event: feedback.created, origin: [own, poll]}"], []),
    ],
)
def test_a_rule_acts_in_one_test_and_does_nothing_in_another(
    given: list[str], said: list[str], covered: Callable[..., Coverage]
) -> None:
    assert [gap.text for gap in covered(given).gaps] == said


SIDES = 'feedback.severity == "high" && (feedback.product == "a" || feedback.product == "b")'


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["{event: feedback.created, feedback: {severity: high, product: a}}"],
         ["no test makes it do nothing", 'severity == "high"` is never false',
          'product == "a"` is never false', 'product == "b"` is never true',
          'product == "b"` is never false']),
        (["{event: feedback.created, feedback: {severity: low, product: b}}"],
         ["no test makes it act", 'severity == "high"` is never true',
          'product == "a"` is never true', 'product == "a"` is never false',
          'product == "b"` is never true', 'product == "b"` is never false']),
        (["{event: feedback.created, feedback: {severity: low}}",
          "{event: feedback.created, feedback: {severity: high, product: a}}",
          "{event: feedback.created, feedback: {severity: high, product: b}}",
          "{event: feedback.created, feedback: {severity: high, product: c}}"], []),
    ],
)  # fmt: skip
def test_each_side_of_a_condition_is_met_both_ways_or_named(
    given: list[str], said: list[str], covered: Callable[..., Coverage]
) -> None:
    gaps = covered(given, condition=SIDES).gaps

    assert len(gaps) == len(said)
    assert [one for gap, one in zip(gaps, said, strict=True) if not gap.text.endswith(one)] == []


def test_a_term_that_is_never_met_is_named_with_its_column(
    covered: Callable[..., Coverage],
) -> None:
    gaps = covered([ACTS], condition='feedback.severity == "high" && feedback.product == "a"').gaps

    first, second = [gap for gap in gaps if "never" in gap.text and "true" in gap.text]
    assert (first.file, first.line) == ("rules/r.yaml", 7)
    assert first.text == '`feedback.severity == "high"` is never true'
    assert second.column == first.column + len('feedback.severity == "high" && ')


TURNED = (
    "[{teams.post_card: {channel: a, title: \"${!(has(feedback.title)) ? 'x' : feedback.title}\"}}]"
)


def test_a_ternary_in_a_value_has_two_sides(covered: Callable[..., Coverage]) -> None:
    one = covered([ACTS, "{event: feedback.updated}"], do=TURNED)
    both = covered(
        [ACTS, "{event: feedback.created, feedback: {title: T}}", "{event: feedback.updated}"],
        do=TURNED,
    )

    assert [gap.text for gap in one.gaps] == ["`has(feedback.title)` is never true"]
    assert both.gaps == ()


def test_what_makes_an_alert_of_a_card_is_reached_too(covered: Callable[..., Coverage]) -> None:
    title = "${has(feedback.title) ? 'x' : 'y'}"
    do = f'[{{route: {{labels: {{team: "{title}"}}}}, teams.post_card: {{channel: a, title: b}}}}]'

    gaps = covered([ACTS, "{event: feedback.updated}"], actions(), do=do).gaps

    assert [gap.text for gap in gaps] == ["`has(feedback.title)` is never true"]


def test_a_step_whose_own_condition_is_never_true_or_never_false_is_named(
    covered: Callable[..., Coverage],
) -> None:
    step = "[{if: changed.title, teams.post_card: {channel: a, title: \"${has(feedback.body) ? 'b' : 'c'}\"}}]"
    never = covered(["{event: feedback.updated}"], when="feedback.updated", do=step)
    always = covered(
        ["{event: feedback.updated, changed: [title]}"], when="feedback.updated", do=step
    )

    assert "`changed.title` is never true" in [gap.text for gap in never.gaps]
    assert "`has(feedback.body)` is never false" in [gap.text for gap in never.gaps]
    assert "`changed.title` is never false" in [gap.text for gap in always.gaps]
    assert "`has(feedback.body)` is never false" not in [gap.text for gap in always.gaps]


@pytest.mark.parametrize(
    ("given", "about"),
    [
        ("{event: feedback.created, origin: own, feedback: {severity: high, title: T}}", {}),
        ("{event: feedback.created, feedback: {severity: low, title: T}}",
         {"condition": 'feedback.severity == "high"'}),
    ],
    ids=["it came in a way that the rule does not take", "the rule's own condition failed"],
)  # fmt: skip
def test_what_a_refused_event_would_have_met_is_not_reached(
    given: str, about: dict[str, str], covered: Callable[..., Coverage]
) -> None:
    found = covered([given], do=TURNED, **about)

    told = {gap.text for gap in found.gaps}
    assert "`has(feedback.title)` is never true" in told
    assert "`has(feedback.title)` is never false" in told


def test_keys_of_a_map_that_nobody_looks_up_are_named_where_the_map_stands(
    covered: Callable[..., Coverage],
) -> None:
    about = {
        "do": '[{jira.create_issue: {project: A, summary: b, priority: "${has(feedback.severity) ? maps.priority[feedback.severity] : maps.priority.high}"}}]'
    }
    one = covered(
        ["{event: feedback.created, feedback: {severity: critical}}", "{event: feedback.updated}"],
        **about,
    )
    both = covered([ACTS, "{event: feedback.created, feedback: {severity: critical}}"], **about)

    (gap,) = [gap for gap in one.gaps if gap.rule == "all maps"]
    assert gap.text == "no test looks up `high` in `maps.priority`"
    assert (gap.file, gap.line, gap.column) == ("rules/r.yaml", 2, 38)
    assert [gap for gap in both.gaps if gap.rule == "all maps"] == []


def test_of_a_map_that_is_looked_up_in_a_loop_nothing_is_said(
    covered: Callable[..., Coverage],
) -> None:
    found = covered(
        ["{event: work_item.created, work_item: {labels: [critical]}}"],
        when="work_item.created",
        condition='work_item.labels.exists(one, one in maps.priority && maps.priority[one] == "Highest")',
    )

    assert [gap for gap in found.gaps if gap.rule == "all maps"] == []


def test_triggers_origins_roles_and_linked_records_each_want_a_test(
    covered: Callable[..., Coverage],
) -> None:
    about = {
        "when": "[feedback.created, feedback.updated]",
        "more": "each: {linked: work_item, roles: [task, bug]}\n    origins: [webhook, own]",
        "do": "[{jira.update_issue: {summary: a}}]",
    }
    linked = "linked: [{work_item: {}, role: bug}]"

    nobody = covered([ACTS], **about)
    some = covered([f"{{event: feedback.created, {linked}}}"], **about)

    assert {gap.text for gap in nobody.gaps} >= {
        "no test of `feedback.created` makes it act",
        "no test of an event that came by `own` makes it act",
        "no test has a linked work_item",
        "no test has a work_item linked as `task`",
    }
    assert [gap.text for gap in some.gaps] == [
        "no test makes it do nothing",
        "no test of `feedback.updated` makes it act",
        "no test of an event that came by `own` makes it act",
        "no test has a work_item linked as `task`",
    ]


def test_a_test_that_cannot_be_run_reaches_nothing(covered: Callable[..., Coverage]) -> None:
    found = covered(["{event: feedback.created, feedbak: {}}"])

    assert found.percent == 0.0
