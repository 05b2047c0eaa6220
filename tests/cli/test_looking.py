"""What somebody on call sees: each list as a page for people, and as JSON for programs."""

import json
import shutil
from pathlib import Path

import pytest

from cli.house import MAPPINGS, House

LISTS = {
    "deliveries": ("deliveries",),
    "failures": ("failures",),
    "holds": ("holds",),
    "events": ("events",),
    "messages": ("messages",),
    "connections": ("connections",),
    "alarms": ("alarms", "--all"),
    "audit": ("audit",),
    "keys": ("keys",),
    "rules": ("rules", "history"),
}


@pytest.mark.parametrize("words", LISTS.values(), ids=LISTS)
def test_a_list_has_a_page_and_json_of_the_same_things(
    house: House, words: tuple[str, ...]
) -> None:
    house.run("replay", "--dry-run")  # so that there is an audit

    page, found = house.run(*words), house.asked(*words)

    assert page.exit_code == 0, page.output
    assert found
    names = {one.get("name") or one.get("key") or one.get("hash") or one.get("target") or
             one.get("example") or one["id"] for one in found}  # fmt: skip
    assert [name for name in names if name not in page.output] == []


@pytest.mark.parametrize(
    "words", [*LISTS.values(), ("stats",), ("status",), ("explain", "ENG-1")], ids=" ".join
)
def test_a_page_fits_eighty_columns_but_for_commands_and_addresses(
    house: House, words: tuple[str, ...]
) -> None:
    house.run("replay", "--dry-run")

    page = house.run(*words)

    wide = [line for line in page.output.splitlines() if len(line) > 80]
    assert [line for line in wide if "bridge replay" not in line and "http" not in line] == []


def test_a_failure_says_cause_remedy_and_the_command_that_replays_it(house: House) -> None:
    page = house.run("failures").output

    assert "1 × jira.create_issue to jira" in page
    assert "No project could be found with key 'NOPE'" in " ".join(page.split())
    assert "check both, then replay" in " ".join(page.split())
    assert "bridge replay --group 'jira|goes-nowhere|jira.create_issue|permanent|404'\n" in page
    assert page.endswith("1 dead, 1 cause\n")


def test_status_is_one_page_and_an_exit_code(house: House) -> None:
    page = house.run("status")

    assert page.exit_code == 1
    assert "1 dead, 1 cause: bridge failures" in page.output
    assert "1 hold: bridge holds" in page.output
    assert json.loads(house.run("status", "--json").stdout)["well"] is False


def test_an_event_can_be_decided_again_whatever_became_of_it(house: House) -> None:
    page = house.asked("deliveries", "--state", "succeeded")
    event = next(one["event_id"] for one in page if one["event_id"])  # a write-back has none

    page = house.run("replay", "--event", event, "--mode", "redecide", "--dry-run")

    assert page.exit_code == 0
    assert "mode redecide" in page.output
    assert "have succeeded already: they are not repeated" in page.output
    assert "by state: dead" not in page.output


def test_filters_narrow_a_list(house: House) -> None:
    dead = house.asked("deliveries", "--state", "dead")
    both = house.asked("deliveries", "--state", "dead", "--state", "held", "--since", "1h")
    said = house.asked("deliveries", "--text", "no PROJECT could")
    long_ago = house.asked("deliveries", "--until", "2020-01-01")
    refused = house.asked("deliveries", "--error", "permanent", "--action", "jira.create_issue")
    doubtful = house.asked("deliveries", "--uncertain", "--subject", dead[0]["subject"])

    assert [one["rule"] for one in dead] == ["goes-nowhere"]
    assert {one["rule"] for one in both} == {"goes-nowhere", "only-watched"}
    assert [one["rule"] for one in said] == ["goes-nowhere"]
    assert [one["id"] for one in refused] == [dead[0]["id"]]
    assert (long_ago, doubtful) == ([], [])


def test_records_stand_in_lists_by_the_names_that_people_give_them(house: House) -> None:
    number = house.stage.salesforce.record("Case", house.cases["critical"])["CaseNumber"]

    sent = house.run("deliveries", "--action", "jira.create_issue", "--state", "succeeded")
    board = house.run("deliveries", "--rule", "progress-reaches-board")
    by_name = house.asked("deliveries", "--subject", number)
    told, linked = house.run("events", "--subject", "ENG-1"), house.run("records", "ENG-1")

    assert f"for {number}\n" in sent.output
    assert f"for ENG-1 to {number}\n" in board.output
    assert {one["subject_key"] for one in by_name} == {number}
    assert "ENG-1\n" in told.output
    assert f"{number} originates ENG-1\n" in linked.output


def test_a_name_that_no_record_has_is_said(house: House) -> None:
    for words in (("deliveries", "--subject", "ENG-999"), ("events", "--subject", "ENG-999")):
        result = house.run(*words)

        assert (result.exit_code, "there is no record ENG-999" in result.stderr) == (2, True)


def test_a_list_is_read_page_after_page(house: House) -> None:
    few = house.run("deliveries", "--limit", "2")
    every = house.asked("deliveries", "--limit", "1000")

    assert "these are the newest 2" in few.stderr
    assert len({one["id"] for one in every}) == len(every) > 5


def test_a_delivery_is_shown_with_its_attempts_but_without_bodies(house: House) -> None:
    (dead,) = house.asked("deliveries", "--state", "dead")

    page = house.run("deliveries", "show", dead["id"], role="viewer").output

    assert "attempt 1" in page
    assert "createmeta/NOPE" in page
    assert f"bridge replay {dead['id']}" in page
    assert "Low trouble" not in page
    assert "answered" not in page


def test_what_went_over_the_wire_is_revealed_to_an_admin_and_audited(house: House) -> None:
    (dead,) = house.asked("deliveries", "--state", "dead")

    refused = house.run("deliveries", "show", dead["id"], "--reveal", role="operator")
    page = house.run("deliveries", "show", dead["id"], "--reveal")
    acts = house.asked("audit", "--verb", "reveal")

    assert refused.exit_code == 2
    assert "this needs the role admin; your key has the role operator" in refused.output
    assert "Low trouble" in page.output
    assert '{"errorMessages"' in page.output
    assert {(one["principal"], one["target"]) for one in acts} == {("a admin", dead["id"])}


def test_an_event_and_a_message_are_shown_whole(house: House) -> None:
    (event, *_) = house.asked("events", "--kind", "feedback.created")
    message = event["message_id"]

    shown = house.run("events", "show", event["id"]).output
    raw = house.run("messages", "show", message, role="operator").output
    refused = house.run("messages", "show", message, role="viewer")

    assert f"bridge explain {event['id']}" in shown
    assert "trouble" in shown
    assert "<soapenv:Envelope" in raw or '"object": "Case"' in raw
    assert refused.exit_code == 2


@pytest.mark.parametrize("name", ["key", "ref", "url"])
def test_a_record_is_found_by_what_people_call_it(house: House, name: str) -> None:
    known = house.asked("records", "ENG-1")

    page = house.run("records", known[name])

    assert page.exit_code == 0, page.output
    assert "originates ENG-1" in page.output
    assert "status: nothing → todo" in page.output


def test_a_case_number_explains_what_followed_and_what_did_not(house: House) -> None:
    case = house.stage.salesforce.record("Case", house.cases["low"])["CaseNumber"]

    page = house.run("explain", str(case), role="viewer").output

    said = " ".join(page.split())
    assert "goes-nowhere: matched" in said
    assert "feedback-becomes-engineering-task: did not match: severity is low; the rule needs" in (
        said
    )
    assert "Low trouble" not in page


def test_an_event_is_explained_whole_by_its_id_or_that_of_a_delivery(house: House) -> None:
    (dead,) = house.asked("deliveries", "--state", "dead")

    page = house.run("explain", dead["event_id"]).output
    same = house.run("explain", dead["id"]).output
    values = house.asked("explain", dead["id"])

    assert same == page
    assert "  create issue at jira\n    project: NOPE\n" in page
    assert f"    → bridge replay {dead['id']}\n" in page
    assert values["event"] == dead["event_id"]


def test_one_rule_is_explained_alone_also_as_it_is_written(house: House) -> None:
    page = house.run(
        "explain", "ENG-1", "--rule", "feedback-becomes-engineering-task", "--cel"
    ).output
    event = house.asked("explain", "ENG-1")["events"][0]["event"]
    written = house.run("explain", event, "--rule", "incident-raised", "--cel").output

    said = " ".join(page.split())
    assert "not asked: it waits for feedback created, and this is work item created" in said
    assert "incident-raised" not in page
    assert '  if        work_item.type == "incident"\n' in written


def test_a_candidate_folder_says_what_it_would_do_with_the_facts_of_then(
    house: House, tmp_path: Path
) -> None:
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    feedback = tmp_path / "mappings" / "rules" / "feedback.yaml"
    feedback.write_text(feedback.read_text().replace('in ["critical", "high"]', 'in ["low"]', 1))
    case = house.stage.salesforce.record("Case", house.cases["low"])["CaseNumber"]

    page = house.run("explain", str(case), "--candidate", str(tmp_path / "mappings")).output
    refused = house.run("explain", str(case), "--candidate", "mappings", "--reveal")

    assert "feedback-becomes-engineering-task: matched" in page
    assert "it was decided under" in " ".join(page.split())
    assert refused.exit_code == 2
    assert "--candidate goes without --under and --reveal" in refused.output


def test_events_that_no_rule_matched_are_listed(house: House) -> None:
    house.stage.jira.transition("ENG-2", "In Progress")
    house.settle()

    unmatched = house.asked("events", "--matched", "none")

    assert all(one["matched"] == 0 for one in unmatched)
    assert len(unmatched) < len(house.asked("events"))


def test_a_system_that_declares_no_webhook_is_named_too(house: House) -> None:
    shown = house.run("connections", "webhooks", role="operator", columns=200)

    assert "jira: `webhook.registered` in bridge.yaml declares none to compare with" in shown.stdout
    assert json.loads(house.run("connections", "webhooks", "--json").stdout)
