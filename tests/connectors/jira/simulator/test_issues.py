"""Creating, reading and editing issues: what is taken, and each shape that is refused."""

from typing import Any

import pytest

from bridge.connectors.jira.simulator.limits import SUMMARY_MAX, TEXT_MAX
from connectors.jira.simulator.harness import Jira, errors, message

DOCUMENT = {
    "version": 1,
    "type": "doc",
    "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": "first"}]},
        {
            "type": "paragraph",
            "content": [
                {
                    "type": "text",
                    "text": "case",
                    "marks": [{"type": "link", "attrs": {"href": "https://x.test"}}],
                },
                {"type": "hardBreak"},
                {"type": "mention", "attrs": {"id": "712020:1f0c"}},
            ],
        },
    ],
}


def test_a_created_issue_has_id_key_and_link(jira: Jira) -> None:
    answer = jira.create(labels=["w-1"], priority={"name": "High"})

    assert answer.status_code == 201
    assert answer.json() == {
        "id": "10001",
        "key": "ENG-1",
        "self": "https://acme.atlassian.net/rest/api/2/issue/10001",
    }
    fields = jira.get("/issue/ENG-1").json()["fields"]
    assert fields["priority"]["name"] == "High"
    assert fields["labels"] == ["w-1"]
    assert fields["status"]["statusCategory"]["key"] == "new"
    assert fields["created"] == "2026-11-23T13:00:00.000+0100"


def test_every_field_comes_back_as_jira_shows_it(jira: Jira) -> None:
    jira.create(
        assignee={"accountId": "712020:1f0c"},
        duedate="2026-12-24",
        fixVersions=[{"name": "2.4"}],
        customfield_10029="500Hs00001abcDEIAY",
        customfield_10031={"value": "Major"},
        customfield_10032=[{"id": "10200"}, {"value": "Phone"}],
        customfield_10034=4,
        customfield_10036="2026-12-24T10:00:00.000+0000",
        customfield_10020=7,
    )

    fields = jira.get("/issue/ENG-1").json()["fields"]

    assert fields["assignee"]["displayName"] == "Dana Reyes"
    assert "emailAddress" not in fields["assignee"]
    assert fields["duedate"] == "2026-12-24"
    assert [version["name"] for version in fields["fixVersions"]] == ["2.4"]
    assert fields["customfield_10029"] == "500Hs00001abcDEIAY"
    assert fields["customfield_10031"]["value"] == "Major"
    assert [option["value"] for option in fields["customfield_10032"]] == ["Router", "Phone"]
    assert fields["customfield_10034"] == 4.0
    assert fields["customfield_10036"] == "2026-12-24T11:00:00.000+0100"
    assert fields["customfield_10020"][0]["name"] == "ENG 7"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("summary", 7),
        ("summary", "   "),
        ("summary", "two\nlines"),
        ("summary", "x" * (SUMMARY_MAX + 1)),
        ("description", 7),
        ("description", DOCUMENT),
        ("description", "x" * (TEXT_MAX + 1)),
        ("priority", "High"),
        ("priority", {"name": "Urgent"}),
        ("priority", {"id": 2}),
        ("labels", "one"),
        ("labels", ["two words"]),
        ("labels", [7]),
        ("assignee", "dana"),
        ("assignee", {"name": "dana"}),
        ("assignee", {"accountId": "nobody"}),
        ("assignee", {"accountId": "712020:0b2e"}),
        ("duedate", "24.12.2026"),
        ("duedate", "2026-02-30"),
        ("duedate", "2026-12-24T00:00:00Z"),
        ("fixVersions", {"name": "2.4"}),
        ("fixVersions", [{"name": "9.9"}]),
        ("fixVersions", ["2.4"]),
        ("parent", {"key": "ENG-99"}),
        ("status", {"name": "Done"}),
        ("environment", "not on the screen"),
        ("resolution", {"name": "Done"}),
        ("customfield_99999", "x"),
        ("customfield_10029", ["x"]),
        ("customfield_10031", "Major"),
        ("customfield_10031", {"value": "Enormous"}),
        ("customfield_10032", {"value": "Router"}),
        ("customfield_10034", "4"),
        ("customfield_10036", "2026-12-24T10:00:00"),
        ("customfield_10020", [7]),
        ("customfield_10020", 99),
        ("customfield_10037", {"accountId": "nobody"}),
        ("project", {"key": "NOPE"}),
        ("issuetype", {"name": "Epic"}),
        ("issuetype", "Task"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(jira: Jira, field: str, value: Any) -> None:
    assert list(errors(jira.create(**{field: value}))) == [field]
    assert jira.sim.issues() == []
    assert jira.sim.events == []


def test_all_wrong_fields_are_named_at_once(jira: Jira) -> None:
    wrong = errors(jira.create(labels=["a b"], duedate="soon", customfield_1="x"))

    assert set(wrong) == {"labels", "duedate", "customfield_1"}
    assert "appropriate screen, or unknown" in wrong["customfield_1"]


def test_a_missing_summary_is_refused(jira: Jira) -> None:
    answer = jira.create(summary=None)

    assert errors(answer) == {"summary": "You must specify a summary of the issue."}


def test_a_required_custom_field_must_be_set(jira: Jira) -> None:
    assert errors(jira.create("Bug")) == {"customfield_10031": "Customer Impact is required."}
    assert jira.create("Bug", customfield_10031={"value": "Minor"}).status_code == 201


def test_an_admin_may_require_more(jira: Jira) -> None:
    jira.sim.require("duedate", kind="Task")

    assert "duedate" in errors(jira.create())


def test_a_type_of_another_project_is_refused(jira: Jira) -> None:
    assert "issuetype" in errors(jira.create("Story", project={"key": "OPS"}))


@pytest.mark.parametrize("body", [None, [], {"fields": []}, {"field": {}}, {"fields": {}, "x": 1}])
def test_a_body_of_another_form_is_refused(jira: Jira, body: Any) -> None:
    assert jira.post("/issue", body).status_code == 400


def test_broken_json_is_a_400_in_jiras_words(jira: Jira) -> None:
    answer = jira.ask("POST", "/issue", content=b"{", headers={"content-type": "application/json"})

    assert message(answer).startswith("Invalid request payload")


def test_the_summary_is_trimmed_and_wiki_text_is_kept(jira: Jira) -> None:
    jira.create(summary="  Broken \t", description="one\r\ntwo ")

    fields = jira.get("/issue/ENG-1").json()["fields"]

    assert fields["summary"] == "Broken"
    assert fields["description"] == "one\r\ntwo "


def test_v3_takes_documents_and_v2_reads_them_as_wiki(jira: Jira) -> None:
    jira.v = "3"
    assert jira.create(description=DOCUMENT).status_code == 201

    jira.v = "2"
    text = jira.get("/issue/ENG-1").json()["fields"]["description"]

    assert text == "first\n\n[case|https://x.test]\n[~accountid:712020:1f0c]"


def test_v3_shows_documents(jira: Jira) -> None:
    jira.create(description="one\ntwo\n\nthree")
    jira.v = "3"

    shown = jira.get("/issue/ENG-1").json()["fields"]["description"]

    assert [len(block["content"]) for block in shown["content"]] == [3, 1]
    assert (shown["type"], shown["version"]) == ("doc", 1)


@pytest.mark.parametrize(
    "value",
    [
        "text",
        {"type": "doc", "version": 1},
        {"type": "doc", "version": 2, "content": []},
        {"type": "doc", "version": 1, "content": [{"type": "unknown"}]},
        {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}],
        },
    ],
)
def test_v3_refuses_what_is_no_document(jira: Jira, value: Any) -> None:
    jira.v = "3"

    assert "description" in errors(jira.create(description=value))


def test_properties_are_set_with_the_create(jira: Jira) -> None:
    fields = {"project": {"key": "ENG"}, "issuetype": {"id": "10001"}, "summary": "x"}
    jira.post(
        "/issue", {"fields": fields, "properties": [{"key": "link.src", "value": {"id": "500"}}]}
    )

    assert jira.get("/issue/ENG-1/properties/link.src").json()["value"] == {"id": "500"}


def test_a_create_may_come_with_a_transition_and_a_comment(jira: Jira) -> None:
    fields = {"project": {"key": "ENG"}, "issuetype": {"id": "10001"}, "summary": "x"}
    body = {
        "fields": fields,
        "transition": {"id": "11"},
        "update": {"comment": [{"add": {"body": "hello"}}], "labels": [{"add": "w-1"}]},
    }
    assert jira.post("/issue", body).status_code == 201

    assert jira.sim.status("ENG-1") == "In Progress"
    assert [said["body"] for said in jira.sim.comments("ENG-1")] == ["hello"]
    assert jira.sim.issues_with_label("w-1") == ["ENG-1"]


def test_a_create_with_a_transition_that_is_not_there_makes_nothing(jira: Jira) -> None:
    fields = {"project": {"key": "ENG"}, "issuetype": {"id": "10001"}, "summary": "x"}

    assert jira.post("/issue", {"fields": fields, "transition": {"id": "31"}}).status_code == 400
    assert jira.sim.issues() == []


def test_two_issues_may_carry_one_label_and_are_counted(jira: Jira) -> None:
    jira.create(labels=["w-1"])
    jira.create(labels=["w-1"])
    jira.sim.delete_issue("ENG-2")

    assert jira.sim.created_with_label("w-1") == 2
    assert jira.sim.issues_with_label("w-1") == ["ENG-1"]


def test_bulk_names_what_failed_by_its_place(jira: Jira) -> None:
    good = {"fields": {"project": {"key": "ENG"}, "issuetype": {"name": "Task"}, "summary": "x"}}
    bad = {"fields": {"project": {"key": "ENG"}, "issuetype": {"name": "Task"}}}

    answer = jira.post("/issue/bulk", {"issueUpdates": [good, bad, good]})

    assert answer.status_code == 201
    assert [issue["key"] for issue in answer.json()["issues"]] == ["ENG-1", "ENG-2"]
    (failed,) = answer.json()["errors"]
    assert (failed["failedElementNumber"], failed["status"]) == (1, 400)
    assert "summary" in failed["elementErrors"]["errors"]


def test_bulk_is_a_400_when_nothing_was_made_or_too_much_is_asked(jira: Jira) -> None:
    assert jira.post("/issue/bulk", {"issueUpdates": [{}]}).status_code == 400
    assert jira.post("/issue/bulk", {"issueUpdates": [{}] * 51}).status_code == 400
    assert jira.post("/issue/bulk", {}).status_code == 400


def test_bulkfetch_leaves_out_what_is_missing(jira: Jira) -> None:
    jira.create()
    jira.create()

    body = {"issueIdsOrKeys": ["ENG-1", "10002", "ENG-99"], "fields": ["summary"]}
    answer = jira.post("/issue/bulkfetch", body).json()

    assert [issue["key"] for issue in answer["issues"]] == ["ENG-1", "ENG-2"]
    assert list(answer["issues"][0]["fields"]) == ["summary"]
    assert jira.post("/issue/bulkfetch", {"issueIdsOrKeys": ["1"] * 101}).status_code == 400


def test_only_the_asked_fields_are_read(jira: Jira) -> None:
    jira.create()

    assert set(jira.get("/issue/ENG-1", fields="summary,status").json()["fields"]) == {
        "summary",
        "status",
    }
    assert "summary" not in jira.get("/issue/ENG-1", fields="-summary").json()["fields"]
