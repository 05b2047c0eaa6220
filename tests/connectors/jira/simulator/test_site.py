"""The site: who we are, metadata, people, permissions, credentials, limits, both flavours."""

import base64
from typing import Any

import pytest

from connectors.jira.simulator.harness import Jira, message


def unsigned(request: Any) -> Any:
    """No credentials but those of the headers."""
    return request


def basic(name: str, token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{token}".encode()).decode()}


def test_cloud_and_data_center_say_what_they_are(jira: Jira, datacenter: Jira) -> None:
    assert jira.get("/serverInfo").json()["deploymentType"] == "Cloud"
    assert datacenter.get("/serverInfo").json()["deploymentType"] == "Server"


def test_data_center_has_names_and_no_third_version(datacenter: Jira) -> None:
    me = datacenter.get("/myself").json()
    datacenter.create(assignee={"name": "dana"})
    assignee = datacenter.sim.issue("ENG-1")["fields"]["assignee"]

    assert (me["name"], "accountId" in me) == ("bridge", False)
    assert (assignee["name"], assignee["emailAddress"]) == ("dana", "dana@example.com")
    assert datacenter.create(assignee={"accountId": "712020:1f0c"}).status_code == 400
    assert datacenter.get("/rest/api/3/serverInfo").status_code == 404


def test_cloud_shows_an_address_to_its_owner_alone(jira: Jira) -> None:
    assert jira.get("/myself").json()["emailAddress"] == "bridge@example.com"
    assert "emailAddress" not in jira.get("/user/search", query="dana").json()[0]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Basic ???"},
        basic("bridge@example.com", "wrong"),
        basic("dana@example.com", "jira-token"),
        {"Authorization": "Bearer wrong"},
    ],
)
def test_wrong_credentials_are_a_401_and_counted(jira: Jira, headers: dict[str, str]) -> None:
    jira.client.auth = unsigned
    answer = jira.ask("GET", "/myself", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["x-seraph-loginreason"] == "AUTHENTICATED_FAILED"
    assert jira.sim.refused_credentials == 1


def test_a_bearer_token_signs_in(datacenter: Jira) -> None:
    datacenter.client.auth = unsigned
    headers = {"Authorization": "Bearer jira-token"}

    assert datacenter.ask("GET", "/myself", headers=headers).status_code == 200


def test_credentials_expire_and_come_back(jira: Jira) -> None:
    jira.sim.expire_credentials()
    assert jira.get("/myself").status_code == 401

    jira.sim.restore_credentials("another")
    assert jira.get("/myself").status_code == 401
    jira.client.auth = ("bridge@example.com", "another")
    assert jira.get("/myself").status_code == 200


def test_a_hidden_project_is_not_there(jira: Jira) -> None:
    jira.create()
    jira.sim.hide_project("ENG")

    for path in ("/issue/ENG-1", "/project/ENG", "/issue/createmeta/ENG/issuetypes"):
        assert jira.get(path).status_code == 404
    assert jira.put("/issue/ENG-1", {"fields": {}}).status_code == 404
    assert jira.create().status_code == 400
    jira.sim.show_project("ENG")
    assert jira.get("/issue/ENG-1").status_code == 200


def test_permissions_are_told_and_kept(jira: Jira) -> None:
    jira.create()
    jira.sim.deny("ADD_COMMENTS")

    told = jira.get("/mypermissions", permissions="ADD_COMMENTS,CREATE_ISSUES").json()

    assert told["permissions"]["ADD_COMMENTS"]["havePermission"] is False
    assert told["permissions"]["CREATE_ISSUES"]["havePermission"] is True
    assert "ADD_COMMENTS" in message(jira.post("/issue/ENG-1/comment", {"body": "x"}), 403)
    assert message(jira.get("/mypermissions"))
    jira.sim.allow("ADD_COMMENTS")
    assert jira.post("/issue/ENG-1/comment", {"body": "x"}).status_code == 201


def test_create_metadata_names_types_fields_and_what_is_required(jira: Jira) -> None:
    types = jira.get("/issue/createmeta/ENG/issuetypes").json()
    bug = next(one["id"] for one in types["issueTypes"] if one["name"] == "Bug")

    page = jira.get(f"/issue/createmeta/ENG/issuetypes/{bug}", maxResults=100).json()
    fields = {field["fieldId"]: field for field in page["fields"]}

    assert page["total"] == len(fields)
    assert fields["customfield_10031"]["required"] is True
    assert fields["customfield_10031"]["schema"]["type"] == "option"
    assert fields["customfield_10031"]["allowedValues"][0]["value"] == "Minor"
    assert fields["labels"]["schema"] == {"type": "array", "items": "string", "system": "labels"}
    assert "environment" not in fields
    assert jira.get("/issue/createmeta/OPS/issuetypes/10004").status_code == 404


def test_create_metadata_is_paged_and_data_center_calls_it_values(datacenter: Jira) -> None:
    first = datacenter.get("/issue/createmeta/ENG/issuetypes", startAt=1, maxResults=2).json()

    assert [one["name"] for one in first["values"]] == ["Story", "Improvement"]
    assert (first["startAt"], first["total"]) == (1, 5)


def test_edit_metadata_lacks_the_project(jira: Jira) -> None:
    jira.create()

    fields = jira.get("/issue/ENG-1/editmeta").json()["fields"]

    assert fields["summary"]["required"] is True
    assert "project" not in fields


def test_fields_and_lists_are_told(jira: Jira) -> None:
    fields = {field["id"]: field for field in jira.get("/field").json()}

    assert fields["customfield_10029"]["name"] == "Salesforce Case"
    assert fields["customfield_10029"]["clauseNames"] == ["cf[10029]", "Salesforce Case"]
    assert jira.get("/priority").json()[0]["name"] == "Highest"
    assert jira.get("/status").json()[-1]["name"] == "Done"
    assert jira.get("/resolution").json()[0]["name"] == "Done"
    assert jira.get("/project/ENG").json()["versions"][0]["name"] == "2.4"


def test_people_are_searched_by_one_thing(jira: Jira, datacenter: Jira) -> None:
    (dana,) = jira.get("/user/search", query="Dana").json()

    assert jira.get("/user/search", accountId=dana["accountId"]).json() == [dana]
    assert jira.get("/user", accountId=dana["accountId"]).json() == dana
    assert jira.get("/user", accountId="nobody").status_code == 404
    assert message(jira.get("/user/search"))
    assert message(jira.get("/user/search", query="a", accountId="b"))
    assert [one["name"] for one in datacenter.get("/user/search", username="ivo").json()] == ["ivo"]


def test_the_inactive_are_not_assignable(jira: Jira) -> None:
    names = [
        one["displayName"] for one in jira.get("/user/assignable/search", project="ENG").json()
    ]

    assert "Dana Reyes" in names
    assert "Left Longago" not in names
    assert message(jira.get("/user/assignable/search"))


def test_unknown_paths_are_problems_of_another_form(jira: Jira) -> None:
    answer = jira.get("/nothing")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_21st_write_to_an_issue_in_two_seconds_is_refused(jira: Jira) -> None:
    jira.create()
    for number in range(20):
        assert jira.put("/issue/ENG-1", {"fields": {"summary": str(number)}}).status_code == 204

    refused = jira.put("/issue/ENG-1", {"fields": {"summary": "last"}})

    assert refused.status_code == 429
    assert refused.headers["ratelimit-reason"] == "jira-per-issue-on-write"
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    jira.clock.advance(2)
    assert jira.put("/issue/ENG-1", {"fields": {"summary": "last"}}).status_code == 204


def test_a_hundred_writes_to_an_issue_in_thirty_seconds_are_the_most(jira: Jira) -> None:
    jira.create()
    for _ in range(100):
        assert jira.put("/issue/ENG-1/properties/p", 1).status_code < 300
        jira.clock.advance(0.2)

    assert jira.put("/issue/ENG-1/properties/p", 1).status_code == 429


def test_a_burst_empties_its_bucket_and_no_other(jira: Jira) -> None:
    answers = [jira.get("/myself") for _ in range(101)]

    assert [answer.status_code for answer in answers] == [200] * 100 + [429]
    assert answers[-1].headers["ratelimit-reason"] == "jira-burst-based"
    assert answers[-1].headers["x-ratelimit-limit"] == "100"
    assert answers[0].headers["x-ratelimit-remaining"] == "99"
    assert answers[-2].headers["x-ratelimit-nearlimit"] == "true"
    assert jira.get("/priority").status_code == 200
    jira.clock.advance(1)
    assert jira.get("/myself").status_code == 200


def test_calls_are_counted_by_method_and_path(jira: Jira) -> None:
    jira.create()
    jira.get("/issue/ENG-1")
    jira.v = "3"
    jira.get("/issue/10001")

    assert jira.sim.requests == {"POST /issue": 1, "GET /issue/{key}": 2}
