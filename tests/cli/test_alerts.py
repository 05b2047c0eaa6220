"""Alerts and silences at the command line."""

from bridge.connectors.jira.simulator.catalogue import IMPACT_FIELD, IMPACTS
from cli.house import House


def test_a_silence_is_made_listed_ended_and_kept(own_house: House) -> None:
    made = own_house.run(
        "silences", "add", "rule=incident-raised", 'work_item.project=~"ENG|NET"', "--for", "2h",
        "--why", "planned move", role="operator",
    )  # fmt: skip
    (there,) = own_house.asked("silences")

    ended = own_house.run("silences", "expire", there["id"], role="operator")

    assert made.exit_code == 0, made.output
    assert f"bridge silences expire {there['id']}" in made.output
    assert there["matchers"] == ['rule="incident-raised"', 'work_item.project=~"ENG|NET"']
    assert (there["author"], there["comment"]) == ("a operator", "planned move")
    assert ended.exit_code == 0, ended.output
    assert own_house.asked("silences") == []
    assert [one["state"] for one in own_house.asked("silences", "--all")] == ["expired"]


def test_what_is_no_silence_is_refused_in_a_line(own_house: House) -> None:
    wrong = own_house.run("silences", "add", "incident", "--for", "2h", role="operator")
    never = own_house.run("silences", "add", "rule=x", "--for", "soon", role="operator")
    small = own_house.run("silences", "add", "rule=x", "--for", "2h", role="viewer")

    assert [one.exit_code for one in (wrong, never, small)] == [2, 2, 2]
    assert "no matcher" in wrong.output
    assert "--for: 'soon' is no time" in never.output
    assert "operator" in small.output


def test_a_quiet_house_says_that_nothing_fires(own_house: House) -> None:
    assert own_house.run("silences").output == "nothing to show\n"
    assert own_house.run("alerts", "show", "grp_x").exit_code == 2
    assert own_house.run("alerts", "--state", "silenced").output == "no group is silenced\n"


def test_who_is_on_call_sees_what_fires_and_in_which_card_it_was_told(own_house: House) -> None:
    key = own_house.stage.jira.create_issue(
        "Cloud is down", "Incident", fields={IMPACT_FIELD: {"value": IMPACTS[-1].name}}
    )
    own_house.settle()

    (group,) = own_house.asked("alerts", "--rule", "incident-raised")
    page = own_house.run("alerts").output
    shown = own_house.run("alerts", "show", group["id"]).output

    assert (group["state"], group["title"]) == ("firing", "Incidents in ENG")
    assert f"{group['id']}  firing  Incidents in ENG" in page
    assert "rule incident-raised" in page
    (alert,) = own_house.asked("alerts", "show", group["id"])["alerts"]
    assert f"firing    {alert['subject']}" in shown
    assert alert["delivery_id"] in shown
    assert f"({alert['delivery_id']})" in own_house.run("explain", key).output
