"""What admins change at Jira and Salesforce is told at the line of the mapping, and in one alarm."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bridge.alarms import store as alarms
from bridge.alarms.alarm import Alarm
from bridge.app import connect
from bridge.cli.main import app
from bridge.duties.words import ALARM, compare
from bridge.settings import load
from cli.house import MAPPINGS, House


@pytest.fixture
def shipped(own_house: House) -> House:
    """A house that lives by what we ship, and whose settings the commands read."""
    (own_house.stage.bridge.loaded.settings.mappings / "rules" / "trouble.yaml").unlink()
    done = own_house.run("rules", "activate", str(MAPPINGS))
    assert done.exit_code == 0, done.output
    return own_house


def checked(house: House, *words: str) -> Result:
    """`bridge rules check --live` with the settings of the house."""
    environment = {"BRIDGE_CONFIG": str(house.stage.folder / "bridge.yaml")}
    return house.run("rules", "check", str(MAPPINGS), "--live", *words, env=environment)


def alarm(house: House) -> Alarm | None:
    """What the leader's look says; it asks with clients of its own, which remember nothing."""
    environment = {**os.environ, "BRIDGE_CONFIG": str(house.stage.folder / "bridge.yaml")}
    linked = connect(load(environment))
    compare(house.stage.bridge.world, linked)
    for one in linked.values():
        one.close()
    with house.stage.bridge.database.reading() as session:
        return alarms.down(session, ALARM)


def test_the_shipped_mappings_fit_the_systems_of_the_demo(shipped: House) -> None:
    result = checked(shipped, "--strict")

    assert result.exit_code == 0
    assert result.output.endswith("files without fault\n")
    assert result.stdout.count("\n") == 1


def test_what_an_admin_changes_is_told_at_its_line_and_in_one_alarm_until_it_is_mended(
    shipped: House,
) -> None:
    before = alarm(shipped)
    schema, project = (
        shipped.stage.salesforce.org.schema,
        shipped.stage.jira.site.state.projects["ENG"],
    )
    case, types = schema.object_named("Case"), project.types
    shipped.stage.salesforce.rename_value("Case", "Status", old="Working", new="In Work")
    shipped.stage.salesforce.remove_field("Case", "Jira_URL__c")
    shipped.stage.jira.retire_type("Improvement")

    result = checked(shipped)
    told = alarm(shipped)
    schema.put(case)
    project.types = types
    after = alarm(shipped)

    assert before is None
    assert result.exit_code == 1
    assert "project ENG has no issue type 'Improvement'" in result.stdout
    assert "Case has no field `Jira_URL__c`; did you mean `Jira_Due__c`?" in result.stdout
    assert '`Status` may be "In Work", which map `case_status` does not have' in result.stdout
    assert told is not None
    assert "rule one-click-improvement: rules/one-click.yaml:" in told.text
    assert after is None


def test_where_there_is_nobody_to_ask_that_is_said(tmp_path: Path) -> None:
    config = tmp_path / "bridge.yaml"
    config.write_text("connections: {}\n", encoding="utf-8")
    environment = {"BRIDGE_CONFIG": str(config)}

    result = CliRunner().invoke(app, ["rules", "check", str(MAPPINGS), "--live"], env=environment)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "BRIDGE_CONFIG says where bridge.yaml is" in result.stderr


def test_a_system_that_does_not_answer_is_a_warning(shipped: House, tmp_path: Path) -> None:
    config = shipped.stage.folder / "bridge.yaml"
    jira = f"url: {shipped.stage.jira.site_url}"
    config.write_text(config.read_text("utf-8").replace(jira, "url: http://127.0.0.1:9"), "utf-8")

    result = checked(shipped)

    assert result.exit_code == 0
    assert "warning: `jira` could not be asked, so its words are not compared" in result.stdout
