"""What a program reads: with `--json` a command prints JSON and nothing else, or says why not on stderr."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from bridge.cli.main import app
from bridge.pipeline.replay import running
from caps.held import hold_rule
from cli.house import MAPPINGS, House
from cli.walker import FAULT, Walker

SYNC = """
version: 1
syncs:
  - id: case-and-issue
    description: What was promised for a case is promised for its issue.
    between: [customer-feedback, engineering-work]
    roles: [task, improvement]
    fields: [{salesforce: promised, jira: promised, owner: ask, as: date}]
"""


def with_json(group: Any, path: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from with_json(command, f"{path}{name} ")
        elif any("--json" in one.opts for one in command.params):
            yield f"{path}{name}"


@pytest.fixture
def walker(own_house: House) -> Walker:
    return Walker(house=own_house)


def test_every_command_that_has_json_prints_json_alone(walker: Walker, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(MAPPINGS, folder)
    (folder / "syncs" / "case-and-issue.yaml").write_text(SYNC, encoding="utf-8")

    look_around(walker)
    at_rules(walker, folder)
    at_records(walker, tmp_path)
    at_the_past(walker)
    at_systems(walker)
    at_deliveries(walker)
    stand_before_what_is_not_there(walker)

    assert set(with_json(typer.main.get_command(app))) - walker.tried == set()


def look_around(walker: Walker) -> None:
    config = str(walker.house.stage.folder / "bridge.yaml")
    walker.alone("doctor", BRIDGE_CONFIG=config, BRIDGE_MAPPINGS=str(MAPPINGS))
    walker.reads("status", code=FAULT)
    for called in ("failures", "stats", "explain", "records"):
        walker.reads(called, *(["ENG-1"] if called in {"explain", "records"} else []))
    for noun in ("deliveries", "replays", "holds", "messages", "events", "connections", "polls",
                 "backfills", "alerts", "silences", "alarms", "audit", "keys", "drift"):  # fmt: skip
        walker.reads(f"{noun} list")
    walker.reads("connections limits")
    walker.reads("connections webhooks list")
    walker.reads("people unattributed")
    walker.reads("people unresolved")
    (event, *_) = walker.reads("events list", "--kind", "feedback.created")
    walker.reads("events show", event["id"])
    walker.reads("messages show", walker.reads("messages list")[0]["id"])
    walker.reads("erase", "nobody@example.com", "--dry-run")
    rule = ("--rule", "feedback-becomes-engineering-task")
    walker.reads("rules capture", event["id"], str(MAPPINGS), *rule)


def at_rules(walker: Walker, folder: Path) -> None:
    walker.alone("rules check", str(folder))
    walker.alone("rules test", str(folder))
    walker.reads("rules list")
    walker.reads("rules history")
    walker.reads("rules show")
    walker.reads("rules diff")
    walker.reads("rules dry-run", str(folder), "--since", "1h")
    walker.reads("rules try", "ENG-1", str(folder))
    walker.reads("rules caps", str(folder))
    walker.reads("rules activate", str(folder), "--why", "a try")
    walker.reads("rules rollback", "--yes", "--why", "a try")
    walker.reads("rules activate", str(folder), "--why", "a try")
    with walker.house.stage.bridge.database.transaction() as session:
        now = walker.house.stage.bridge.clock.now()
        for rule in ("incident-raised", "progress-reaches-board"):
            hold_rule(session, rule, count=1, now=now)
    walker.reads("rules discard", "incident-raised", "--yes")
    walker.reads("rules release", "progress-reaches-board")


def at_records(walker: Walker, folder: Path) -> None:
    case = walker.house.stage.salesforce.record("Case", walker.house.cases["low"])["CaseNumber"]
    key = walker.house.stage.jira.create_issue("By hand")
    pairs = folder / "pairs.csv"
    pairs.write_text(f"left,right\n{case},{key}\n", encoding="utf-8")
    words = ("--role", "improvement", "--why", "a try")
    promise_differently(walker, key)
    made = walker.reads("links link", case, key, *words)["link"]
    at_a_conflict(walker)
    walker.reads("links list", key)
    walker.reads("links unlink", made["id"], "--why", "a try", "--yes")
    plan = walker.reads("links import", str(pairs), *words, "--dry-run")
    walker.reads("links pairs", plan["id"])
    walker.reads(
        "drift run", code=FAULT if walker.reads("drift run")["counts"].get("drifted") else 0
    )
    walker.reads("drift show")
    walker.reads("drift differences")
    walker.reads("drift repair", "--dry-run")


def promise_differently(walker: Walker, key: str) -> None:
    stage, case = walker.house.stage, walker.house.cases["low"]
    stage.salesforce.edit("Case", case, Promised_Date__c="2026-12-24")
    stage.jira.edit_issue(key, {"customfield_10035": "2026-12-27"})
    walker.house.settle()


def at_a_conflict(walker: Walker) -> None:
    walker.house.settle()
    (hold,) = [one for one in walker.reads("holds list") if one["kind"] == "conflict"]
    walker.reads("holds conflict", hold["id"])
    link = walker.reads("holds invite", hold["id"], "--for", "Anna")
    assert link["url"].startswith(walker.house.stage.url)
    walker.reads("holds decide", hold["id"], "--take", "jira", "--why", "a try")


def at_the_past(walker: Walker) -> None:
    plan = walker.reads("backfill", "engineering-work", "--dry-run")["id"]
    walker.reads("backfills show", plan)
    walker.reads("backfills follow", plan)
    walker.reads("backfills run", plan)
    for verb in ("pause", "resume", "cancel"):
        walker.refused(f"backfills {verb}", plan)  # it is over


def at_systems(walker: Walker) -> None:
    walker.reads("connections pause", "jira", "--why", "a try")
    walker.reads("connections resume", "jira")
    walker.reads("connections webhooks repair", "jira", "--dry-run")
    walker.reads("polls run", "customer-feedback")
    walker.reads("messages retranslate", "--state", "bad")
    walker.reads("keys create", "eve")
    silence = walker.reads("silences add", "rule=x", "--for", "2h")["id"]
    walker.reads("silences expire", silence)


def at_deliveries(walker: Walker) -> None:
    (dead,) = walker.reads("deliveries list", "--state", "dead", "--rule", "goes-nowhere")
    (hold, *_) = walker.reads("holds list")
    walker.reads("deliveries show", dead["id"])
    edit = ("--set", "summary=Other", "--why", "a try", "--dry-run")
    walker.reads("deliveries edit", dead["id"], *edit)
    walker.reads("holds set", hold["id"], "--owner", "anna")
    walker.reads("holds release", hold["id"])
    again = ("--state", "succeeded", "--pace", "1", "--why", "a try")
    plan = walker.reads("replay", *again)["id"]
    walker.house.run("replays", "resume", plan)  # is no word for what was not run
    begun = walker.house.stage.bridge
    with begun.database.transaction() as session:
        running.begin(session, plan, by="ann", why="a try", now=begun.clock.now())
    walker.reads("replays pause", plan)
    walker.reads("replays show", plan)
    walker.reads("replays items", plan)
    walker.reads("replays follow", plan, code=FAULT)
    walker.reads("replays resume", plan)
    walker.reads("replays cancel", plan)
    walker.reads("cancel", dead["id"], "--yes", "--why", "a try")


def stand_before_what_is_not_there(walker: Walker) -> None:
    for called in ("deliveries show", "events show", "messages show", "replays show", "replays items",
                   "replays pause", "replays follow", "backfills show", "backfills follow",
                   "holds release", "holds conflict", "alerts show", "drift show", "drift cancel",
                   "links list", "links pairs", "polls run", "records", "explain", "cancel",
                   "connections resume", "connections webhooks repair", "silences expire"):  # fmt: skip
        walker.refused(called, "x_not_there", *(["--yes"] if called == "cancel" else []))
    walker.refused("holds decide", "x_not_there", "--take", "jira")
    walker.refused("holds invite", "x_not_there", "--for", "Anna")
    walker.refused("holds discard", "x_not_there", "--yes")
    walker.refused("links unlink", "x_not_there", "--why", "a try", "--yes")
    walker.refused("deliveries edit", "x_not_there", "--set", "a=b", "--dry-run")
    walker.refused("replay", "x_not_there", "--dry-run")
    walker.refused("rules show", "x_not_there")
    walker.refused("rules release", "x_not_there")
