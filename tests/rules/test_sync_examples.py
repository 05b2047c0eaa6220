"""The tests inside a sync: what passes, what a failing one says, and what no test reaches."""

from collections.abc import Sequence

import pytest

from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.rules.coverage import coverage
from bridge.rules.examples import run_examples, trials
from bridge.rules.expectation import Difference, Field, What
from rules.syncing import loaded, reviewed, text

TITLE = "{salesforce: title, jira: title, owner: latest}"
PAIRS = f"""\
{TITLE}
      - {{salesforce: severity, jira: priority, owner: ask, map: urgency}}
      - {{salesforce: promised, jira: due, owner: jira, as: date}}
      - {{salesforce: body, jira: body, owner: latest, as: plain_text}}"""
STOP = """    stop: {jira: '"no-sync" in work_item.labels'}\n"""
BOTH = (
    "salesforce: {title: B}, jira: {title: C}, agreed: {salesforce: {title: A}, jira: {title: A}}"
)
WAS = "agreed: {salesforce: {severity: high}, jira: {priority: High}}"


def file(*tests: str, pairs: str = PAIRS, more: str = STOP) -> str:
    """A sync with these tests, each `given` and `expect` without their braces."""
    lines = [f"      - {{name: t{n}, {one}}}\n" for n, one in enumerate(tests)]
    return text(pairs, more=f"{more}    tests:\n{''.join(lines)}")


def given(given: str, expect: str) -> str:
    return f"given: {{{given}}}, expect: {{{expect}}}"


def said(*tests: str, pairs: str = PAIRS) -> list[str]:
    """What the tests that fail say."""
    rules = loaded(file(*tests, pairs=pairs))
    found = run_examples(rules, actions=actions(), kinds=standard())
    return [one.problem.text for one in found if one.problem is not None]


GOOD = [
    ("salesforce: {title: A}, jira: {title: A }", "title: in_step"),
    ("salesforce: {title: B}, jira: {title: A}, agreed: {salesforce: {title: A}}", "title: {jira: B}"),
    ("salesforce: {title: A}, jira: {title: B}, agreed: {jira: {title: A}}", "title: {salesforce: B}"),
    ("salesforce: {title: A}, jira: {title: null}", "title: {jira: A}"),
    ("salesforce: {title: null}, jira: {title: A}, agreed: {salesforce: {title: A}}", "title: {jira: null}"),
    (f"{BOTH}, changed_at: {{salesforce: 2026-01-15T10:00:00Z, jira: 2026-01-15T11:00:00Z}}", "title: {salesforce: C}"),
    (f"{BOTH}, changed_at: {{salesforce: 2026-01-15T12:00:00Z, jira: 2026-01-15T11:00:00Z}}", "title: {jira: B}"),
    ("salesforce: {severity: critical}, jira: {priority: High}, agreed: {salesforce: {severity: high}}",
     "severity/priority: {jira: Highest}"),
    (f"salesforce: {{severity: critical}}, jira: {{priority: Low}}, {WAS}", "severity/priority: conflict"),
    ("salesforce: {severity: high}, jira: {priority: Blocker}, agreed: {jira: {priority: High}}",
     "severity/priority: {left_alone: its map does not have this word}"),
    ("salesforce: {promised: 2026-03-01}, jira: {due: 2026-02-01}, agreed: {salesforce: {promised: 2026-02-01}}",
     "promised/due: {salesforce: 2026-02-01}"),
    ("salesforce: {body: A}", "body: {left_alone: jira has not shown it yet}"),
    ("salesforce: {body: 'a * b'}, jira: {body: null}", r"body: {jira: 'a \* b'}"),
    ("salesforce: {title: B}, jira: {title: A, labels: [no-sync]}, agreed: {salesforce: {title: A}}",
     "title: {left_alone: stopped at jira}"),
]  # fmt: skip


def test_what_a_sync_does_with_two_records_can_be_expected() -> None:
    assert said(*(given(*one) for one in GOOD)) == []


@pytest.mark.parametrize(
    ("one", "expect", "what"),
    [
        (GOOD[1][0], "title: {jira: C}", "title: expected jira gets 'C', got jira gets 'B'"),
        (GOOD[1][0], "title: {salesforce: B}", "title: expected salesforce gets 'B', got jira gets 'B'"),
        (GOOD[1][0], "title: in_step", "title: expected in_step, got jira gets 'B'"),
        (GOOD[1][0], "", "title: expected nothing, got jira gets 'B'"),
        (GOOD[0][0], "title: {jira: A}", "title: expected jira gets 'A', got in_step"),
        (GOOD[7][0], "severity/priority: {jira: 7}", "severity/priority: expected jira gets 7, got jira gets 'Highest'"),
        (GOOD[8][0], "", "severity/priority: expected nothing, got conflict"),
        (GOOD[8][0], "severity/priority: left_alone", "severity/priority: expected left_alone, got conflict"),
        (GOOD[9][0], "severity/priority: {left_alone: nobody}",
         "severity/priority: expected left_alone (nobody), got left_alone (salesforce is left alone: its map does not have this word)"),
        (GOOD[13][0], "title: {jira: B}", "title: expected jira gets 'B', got left_alone (stopped at jira: neither end is written)"),
    ],
)  # fmt: skip
def test_a_test_that_fails_says_what_was_expected_and_what_came(
    one: str, expect: str, what: str
) -> None:
    assert said(given(one, expect)) == [f"test 't0': {what}"]


def test_a_failure_is_told_pair_by_pair_with_the_reason_and_its_place() -> None:
    rules = loaded(file(given(GOOD[8][0], "severity/priority: {jira: Highest}")))

    (found,) = run_examples(rules, actions=actions(), kinds=standard())

    field = Field(path="", expected="jira gets 'Highest'", got="conflict")
    assert (found.rule, found.name, found.file, found.line) == (
        "sync:case-and-issue", "t0", "syncs/0.yaml", 12,
    )  # fmt: skip
    assert found.differences == (
        Difference(what=What.DIFFERENT, action="severity/priority", fields=(field,)),
    )
    assert found.why == ("severity/priority: both ends have changed it",)


@pytest.mark.parametrize(
    ("one", "expect", "what"),
    [
        ("jria: {title: A}", "", "12:28: test 't0': `jria` is neither of the two connections; did you mean `jira`?"),
        ("agred: {}", "", "12:28: test 't0': `agred` is neither of the two connections; did you mean `agreed`?"),
        ("jira: {titel: A}", "", "12:35: test 't0': work_item has no field `titel`; did you mean `title`?"),
        ("jira: {due: soon}", "", "test 't0': due: "),
        ("agreed: {teams: {title: A}}", "", "`teams` is neither of the two connections"),
        ("jira: {title: A}, changed_at: {jira: noon}", "", "12:59: test 't0': not a time: 'noon'"),
        ("jira: {title: A}", "titel: in_step", "12:56: test 't0': the sync has no pair `titel`; did you mean `title`?"),
        ("salesforce: {title: B}, jira: {title: A}", "title: {jira: B}",
         "12:20: test 't0': both ends have changed title: say in `changed_at` when each did"),
    ],
)  # fmt: skip
def test_a_test_that_cannot_be_run_says_why_at_its_place(one: str, expect: str, what: str) -> None:
    found = reviewed({}, file(given(one, expect)))

    assert any(what in line and line.startswith("syncs/0.yaml:12:") for line in found), found


@pytest.mark.parametrize(
    "expect", ["title: instep", "title: {}", "title: {jira: A, salesforce: A}"]
)
def test_an_expectation_that_nobody_can_read_is_a_mistake(expect: str) -> None:
    found = reviewed({}, file(given("jira: {title: A}", expect)))

    assert found
    assert all(line.startswith("syncs/0.yaml:12:") for line in found), found


def gaps(tests: Sequence[str]) -> list[str]:
    rules = loaded(file(*tests))
    tried = tuple(trials(rules, actions=actions(), kinds=standard()))
    return [gap.text for gap in coverage(rules, tried).gaps]


def test_what_no_test_of_a_sync_reaches_is_named() -> None:
    assert gaps([given(*GOOD[0])]) == [
        "no test is stopped at jira",
        "no test writes `title` at salesforce",
        "no test writes `title` at jira",
        "no test has both ends change `title`",
        "no test writes `severity` at salesforce",
        "no test writes `priority` at jira",
        "no test has both ends change `severity/priority`",
        "no test carries `critical`",
        "no test carries `high`",
        "no test carries `medium`",
        "no test carries `low`",
        "no test writes `promised` at salesforce",
        "no test has `promised` changed at salesforce and put back",
        "no test writes `body` at salesforce",
        "no test writes `body` at jira",
        "no test has both ends change `body`",
    ]


def test_what_some_test_reaches_is_not_named() -> None:
    more = [
        given("salesforce: {severity: medium}, jira: {priority: Medium}", ""),
        given("salesforce: {severity: high}, jira: {priority: High}", ""),
        given(
            "salesforce: {severity: high}, jira: {priority: Low}, agreed: {jira: {priority: High}}",
            "severity/priority: {salesforce: low}",
        ),
    ]

    assert gaps([*(given(*one) for one in GOOD), *more]) == [
        "no test writes `body` at salesforce",
        "no test has both ends change `body`",
    ]


def test_a_test_that_fails_is_a_fault_of_the_set() -> None:
    found = reviewed({}, file(given(GOOD[1][0], "title: {jira: C}")))

    assert found == [
        "syncs/0.yaml:12:9: test 't0': title: expected jira gets 'C', got jira gets 'B'"
    ]


def test_a_sync_that_is_off_is_tested_all_the_same() -> None:
    off = file(given(GOOD[1][0], "title: {jira: C}"), more="    mode: off\n")

    assert [line.partition(": ")[2] for line in reviewed({}, off)] == [
        "test 't0': title: expected jira gets 'C', got jira gets 'B'"
    ]
