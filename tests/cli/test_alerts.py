"""Alerts and silences at the command line."""

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
