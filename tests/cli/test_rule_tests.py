"""`bridge rules test`: what somebody who changed a mapping is told."""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from bridge.cli.main import app
from rules.syncing import text

MAPPINGS = Path(__file__).parents[2] / "mappings"
ALERTS = "rules/alerts.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped mappings, to be spoilt."""
    return Path(shutil.copytree(MAPPINGS, tmp_path / "spoilt"))


@pytest.fixture
def tested(folder: Path, environment: Mapping[str, str]) -> Callable[..., Result]:
    """`bridge rules test` of that folder, with some of its text replaced in the alerts."""

    def run(*words: str, change: Mapping[str, str] | None = None, colour: bool = False) -> Result:
        file = folder / ALERTS
        text = file.read_text(encoding="utf-8")
        for old, new in (change or {}).items():
            assert old in text
            text = text.replace(old, new, 1)
        file.write_text(text, encoding="utf-8")
        command = ["rules", "test", str(folder), *words]
        return CliRunner().invoke(app, command, env=environment, color=colour)

    return run


def test_tests_that_pass_are_counted(tested: Callable[..., Result]) -> None:
    result = tested()

    assert result.exit_code == 0, result.output
    assert result.output.endswith(" passed, 0 failed\n")


def test_a_test_that_fails_is_shown_where_it_stands_with_both_values(
    tested: Callable[..., Result], folder: Path
) -> None:
    result = tested(change={"channel: operations\n": "channel: support\n"})

    lines = (folder / ALERTS).read_text(encoding="utf-8").splitlines()
    at = 1 + lines.index("      - name: an incident is told")
    head = f"{folder / ALERTS}:{at}: incident-raised: an incident is told"
    assert result.exit_code == 1
    assert result.output.splitlines()[:5] == [
        head,
        "  teams.post_card",
        "      channel",
        "        expected 'operations'",
        "        got      'support'",
    ]


def test_an_action_that_did_not_come_says_what_the_rule_said(
    tested: Callable[..., Result],
) -> None:
    result = tested(change={'work_item.type == "incident"': 'work_item.type == "bug"'})

    assert "  - teams.post_card: expected, and did not come\n" in result.output
    assert "  the rule said: work_item.type is incident\n" in result.output


def test_an_action_that_nobody_expected_is_named_with_its_fields(
    tested: Callable[..., Result],
) -> None:
    result = tested(change={'work_item.type == "incident"': 'work_item.type == "task"'})

    assert "  + teams.post_card: came, and was not expected\n" in result.output
    assert "      channel: 'operations'\n" in result.output


def test_a_rule_that_cannot_be_evaluated_says_for_which_of_several_events(
    tested: Callable[..., Result],
) -> None:
    result = tested(
        "--name",
        "neither what was there",
        "--rule",
        "incident-raised",
        change={
            'title: "Incident ${work_item.key}': 'title: "${[1.0][work_item.estimate > 0.0 ? 9 : 0]}',
            'if: work_item.type == "incident"': "if: has(work_item.estimate)",
            "origin: [backfill, own]\n          work_item: {": "origin: [poll, own]\n          work_item: {estimate: 3, ",
        },
    )

    head, said = result.output.splitlines()[:2]
    assert head.endswith("(work_item.created by poll)"), result.output
    assert said.startswith("  cannot be evaluated: ")


def test_of_two_long_texts_the_place_where_they_differ_is_shown(
    tested: Callable[..., Result],
) -> None:
    long = "The cloud of the northern region is down for all of its customers"
    result = tested(change={"title: Cloud is down": f"title: {long} now",
                            "Incident ENG-9: Cloud is down": f"Incident ENG-9: {long} again"})  # fmt: skip

    assert "expected …ll of its customers again'" in result.output
    assert "got      …ll of its customers now'" in result.output


def test_colours_are_for_terminals_only(tested: Callable[..., Result]) -> None:
    change = {"channel: operations\n": "channel: support\n"}

    assert "\x1b[" not in tested(change=change).output
    assert "\x1b[32m        expected 'operations'" in tested(colour=True).output


def test_a_rule_or_a_name_alone_is_run(tested: Callable[..., Result]) -> None:
    assert tested("--rule", "incident-raised", "--name", "task").output == "1 passed, 0 failed\n"
    assert tested("--name", "AN INCIDENT").output == "1 passed, 0 failed\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rule", "incident-rased"), "no rule `incident-rased`; did you mean `incident-raised`?"),
        (("--name", "xyzzy"), "no test has 'xyzzy' in its name"),
    ],
)
def test_what_is_not_there_is_no_success(
    words: tuple[str, ...], said: str, tested: Callable[..., Result]
) -> None:
    result = tested(*words)

    assert result.exit_code == 2
    assert said in result.output


def test_mistakes_come_before_tests(tested: Callable[..., Result]) -> None:
    result = tested(change={"urgent: true": "urgnt: true"})

    assert result.exit_code == 1
    assert "unknown key `urgnt`; did you mean `urgent`?" in result.output
    assert "no test was run" in result.output


def test_programs_get_json_and_junit(tested: Callable[..., Result], tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    change = {"channel: operations\n": "channel: support\n"}

    result = tested("--json", "--junit", str(report), change=change)

    tests = json.loads(result.stdout)["tests"]
    told = {one["name"]: one for one in tests}
    failed = told["an incident is told"]
    assert failed["ok"] is False
    assert failed["rule"] == "incident-raised"
    assert failed["differences"][0]["fields"] == [
        {"path": "channel", "expected": "'operations'", "got": "'support'"}
    ]
    assert told["a task is not"]["ok"] is True
    suite = ET.fromstring(report.read_text(encoding="utf-8"))  # noqa: S314  (our own)
    assert (suite.get("tests"), suite.get("failures")) == (str(len(tests)), "1")
    assert [one.get("name") for one in suite if len(one)] == ["an incident is told"]


OR_BUG = {
    'if: work_item.type == "incident"': 'if: work_item.type == "incident" || work_item.type == "bug"'
}


def test_what_no_test_reaches_is_named_where_it_stands(
    tested: Callable[..., Result], folder: Path
) -> None:
    result = tested("--coverage", change=OR_BUG)

    text = (folder / ALERTS).read_text(encoding="utf-8").splitlines()
    at = 1 + next(n for n, line in enumerate(text) if '"bug"' in line)
    column = 1 + text[at - 1].index('work_item.type == "bug"')
    place = f"{folder / ALERTS}:{at}:{column}"
    assert f'{place}: incident-raised: `work_item.type == "bug"` is never true' in result.output
    assert re.search(r"^incident-raised +\d+ +5 of 6$", result.output, re.MULTILINE)
    assert result.output.endswith(" %, 1 gap\n")
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--strict",), 1),
        (("--fail-under", "100"), 1),
        (("--fail-under", "90"), 0),
        (("--strict", "--rule", "one-click-improvement"), 0),
    ],
)
def test_a_build_can_fail_by_what_is_not_reached(
    words: tuple[str, ...], code: int, tested: Callable[..., Result]
) -> None:
    assert tested(*words, change=OR_BUG).exit_code == code


def test_coverage_is_json_too(tested: Callable[..., Result]) -> None:
    plain = json.loads(tested("--json").stdout)
    told = json.loads(tested("--json", "--coverage", change=OR_BUG).stdout)["coverage"]

    assert plain["coverage"] is None
    assert 90 < told["percent"] < 100
    assert [gap["rule"] for gap in told["gaps"]] == ["incident-raised"]
    assert {one["rule"]: one["total"] for one in told["rules"]}["incident-raised"] == 6


SYNC = text(
    "{salesforce: title, jira: title, owner: latest}",
    more="""\
    tests:
      - name: a new title goes to the issue
        given: {salesforce: {title: B}, jira: {title: A}, agreed: {salesforce: {title: A}}}
        expect: {title: {jira: C}}
""",
)


def test_the_tests_of_a_sync_are_run_with_those_of_the_rules(
    tested: Callable[..., Result], folder: Path, tmp_path: Path
) -> None:
    (folder / "syncs").mkdir(exist_ok=True)
    file = folder / "syncs" / "mine.yaml"
    file.write_text(SYNC.replace("case-and-issue", "mine"), encoding="utf-8")
    report = tmp_path / "report.xml"

    result = tested("--rule", "sync:mine", "--coverage", "--junit", str(report))
    found = json.loads(tested("--rule", "sync:mine", "--json").stdout)["tests"]

    assert result.exit_code == 1
    assert result.output.splitlines()[:7] == [
        f"{file}:11: sync:mine: a new title goes to the issue",
        "  title",
        "        expected jira gets 'C'",
        "        got      jira gets 'B'",
        "  the sync said: title: salesforce has changed it",
        "",
        "0 passed, 1 failed",
    ]
    assert re.search(r"^sync:mine +1 +1 of 3$", result.output, re.MULTILINE)
    assert f"{file}:16:22: sync:mine: no test writes `title` at salesforce" in result.output
    assert [(one["rule"], one["ok"]) for one in found] == [("sync:mine", False)]
    assert 'classname="sync:mine"' in report.read_text(encoding="utf-8")
