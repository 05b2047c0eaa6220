"""Over real sockets: a rule that answers its own writes is held at its cap, and others go on."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.connectors.jira.simulator.catalogue import IMPACT_FIELD, IMPACTS
from bridge.demo.stage import Stage
from bridge.outbox import wild
from patience import until

MAPPINGS = Path(__file__).parents[2] / "mappings"
CAP = 12
RULES = f"""\
version: 1
rules:
  - id: ping-pong
    description: A title that changed gets another, which is a change.
    when: work_item.updated
    if: changed.title && has(work_item.title)
    origins: [webhook, own]
    caps: {{per_record: {CAP}}}
    do: [{{jira.update_issue: {{summary: "${{work_item.title}}!"}}}}]
    tests:
      - name: a title gets longer
        given: {{event: work_item.updated, changed: [title], work_item: {{title: A}}}}
        expect: [{{jira.update_issue: {{summary: "A!"}}}}]
"""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    (tmp_path / "mappings" / "rules" / "ping-pong.yaml").write_text(RULES, "utf-8")
    made = Stage.up(tmp_path / "mappings", seed=5)
    yield made
    made.close()


@pytest.fixture
def is_held(stage: Stage) -> Callable[[], bool]:
    def look() -> bool:
        with stage.bridge.database.reading() as session:
            return "ping-pong" in wild.open_holds(session)

    return look


def test_a_ping_pong_on_one_record_is_held_within_its_cap(
    stage: Stage, is_held: Callable[[], bool]
) -> None:
    key = stage.jira.create_issue("Hello", "Task")
    assert until(stage.quiet)

    stage.jira.edit_issue(key, {"summary": "Hello again"})
    held = until(is_held)
    stage.jira.create_issue("Down", "Incident", fields={IMPACT_FIELD: {"value": IMPACTS[-1].name}})
    told = until(lambda: any("Down" in str(one) for one in stage.teams.cards("operations")))
    quiet = until(stage.quiet)

    (title,) = (one["fields"]["summary"] for one in stage.jira.issues() if one["key"] == key)
    assert (held, told, quiet) == (True, True, True)
    assert 0 < title.count("!") <= CAP
