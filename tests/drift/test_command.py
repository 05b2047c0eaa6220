"""The whole of it against the simulators: what was lost is found, shown and mended, by command."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import logs
from adoption.estate import Estate
from bridge.access.keys import Role, create
from bridge.demo.stage import Stage
from patience import until

MAPPINGS = Path(__file__).parents[2] / "mappings"
SYNC = """
version: 1
syncs:
  - id: case-and-issue
    description: A case and the issue made of it say the same.
    between: [customer-feedback, engineering-work]
    roles: [task, improvement]
    fields:
      - {salesforce: body, jira: body, owner: latest, as: plain_text}
      - {salesforce: promised, jira: due, owner: jira}
"""


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """With a sync beside the shipped mappings."""
    folder = tmp_path_factory.mktemp("drift") / "mappings"
    shutil.copytree(MAPPINGS, folder)
    (folder / "syncs").mkdir(exist_ok=True)
    (folder / "syncs" / "case-and-issue.yaml").write_text(SYNC, encoding="utf-8")
    # No rule writes the fields that the sync keeps.
    (folder / "rules" / "feedback.yaml").unlink()
    with logs.captured():  # else the server's lines would stand among those of the commands
        stage = Stage.up(folder, seed=5)
        stage.jira.set_index_lag(0)
        yield Estate(stage=stage)
        stage.close()


@pytest.fixture
def case(estate: Estate) -> str:
    """A case whose issue has lost what was said there last."""
    case, key = (
        estate.case(Description="At night"),
        estate.issue("Old work", description="At night"),
    )
    estate.adopt((case, key), announce=True)
    estate.settle()
    with estate.silence():
        estate.stage.salesforce.edit("Case", case, Description="At night, and at noon")
    # What was changed a moment ago is left to its message, however fast this machine is.
    assert until(lambda: estate.audited()["counts"].get("under_way", 0) == 0)
    return case


def test_what_was_lost_is_found_shown_and_mended(estate: Estate, case: str) -> None:
    (link,) = estate.links(case)

    ran = estate.command("drift", "run", "--why", "after the outage")
    listed = estate.printed("drift")
    (found,) = estate.printed("drift", "differences", "--cause", "lost")
    shown = estate.command("drift", "differences", "--cause", "lost")
    (bare,) = estate.printed("drift", "differences", "--cause", "lost", "--reveal")
    dry = estate.command("drift", "repair", "--dry-run")
    between = estate.stage.jira.issue(link.key)["fields"]["description"]
    mended = estate.printed("drift", "repair", "--yes", "--why", "looked at")
    estate.settle()
    again = estate.command("drift", "run", "--sample", "50")

    assert ran.returncode == 1, ran.stderr
    assert (listed[0]["state"], listed[0]["counts"]["lost"]) == ("done", 1)
    assert (found["field"], found["left_value"]) == ("body", "(not shown)")
    assert bare["left_value"] == "At night, and at noon"
    assert found["writes"] == link.right_ref
    assert (found["left_key"], found["right_key"]) == (estate.number(case), link.key)
    assert f"{estate.number(case)}" in shown.stdout
    assert "jira" in dry.stdout
    assert "noon" not in between
    assert mended["state"] == "repaired"
    assert "noon" in estate.stage.jira.issue(link.key)["fields"]["description"]
    assert (again.returncode, "100.00%" in again.stdout) == (0, True), again.stdout
    verbs = {entry["verb"] for entry in estate.get("/audit", target=listed[0]["id"])["items"]}
    assert verbs == {"audit drift", "repair drift"}


def test_values_are_shown_to_admins_alone_and_that_is_written_down(
    estate: Estate, case: str
) -> None:
    estate.command("drift", "run")
    with estate.stage.bridge.database.transaction() as session:
        viewer = create(session, "v", role=Role.VIEWER, now=estate.stage.bridge.clock.now())
    drift = estate.printed("drift")[0]["id"]

    refused = estate.command("drift", "differences", "--reveal", key=viewer.token)
    hidden = estate.command("drift", "differences", key=viewer.token)
    estate.printed("drift", "differences", "--reveal")

    assert "role admin" in refused.stderr
    assert "noon" not in hidden.stdout
    assert "(not shown)" in hidden.stdout
    (entry,) = estate.get("/audit", target=f"differences of {drift}")["items"]
    assert entry["verb"] == "reveal"
