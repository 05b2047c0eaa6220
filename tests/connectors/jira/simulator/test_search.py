"""Search: the lag of the index, bounded queries, pages, and JQL that is never silently all."""

import pytest

from bridge.connectors.jira.simulator import jql
from bridge.connectors.jira.simulator.limits import INDEX_LAG, TOKEN_LIFE
from connectors.jira.simulator.harness import Jira, errors, message


@pytest.fixture
def three(jira: Jira) -> Jira:
    """ENG-1 to ENG-3, made a minute apart, and indexed."""
    jira.create(labels=["w-1"], customfield_10029="500Hs00001abcDEIAY", description="red apple")
    jira.clock.advance(60)
    jira.create("Improvement", labels=["w-2", "both"], priority={"name": "Low"})
    jira.clock.advance(60)
    jira.create(labels=["both"], duedate="2026-12-24", project={"key": "OPS"})
    jira.sim.transition("OPS-1", "In Progress")
    jira.clock.advance(60)
    return jira


def test_a_new_issue_is_found_after_the_lag_only(jira: Jira) -> None:
    jira.create(labels=["w-1"])

    assert jira.found("labels = w-1") == []
    jira.clock.advance(INDEX_LAG - 1)
    assert jira.found("labels = w-1") == []
    jira.clock.advance(1)
    assert jira.found("labels = w-1") == ["ENG-1"]


def test_reconciled_ids_see_through_the_lag(jira: Jira) -> None:
    jira.create(labels=["w-1"])

    assert jira.found("labels = w-1", reconcileIssues=[10001]) == ["ENG-1"]


def test_a_change_is_searched_by_its_old_value_until_the_lag_is_over(three: Jira) -> None:
    three.put("/issue/ENG-1", {"fields": {"labels": ["new"]}})

    assert three.found("labels = w-1") == ["ENG-1"]
    three.clock.advance(INDEX_LAG)
    assert three.found("labels = w-1") == []
    assert three.found("labels = new") == ["ENG-1"]


def test_repeated_writes_do_not_put_off_the_first(jira: Jira) -> None:
    jira.create(labels=["w-1"])
    for _ in range(4):
        jira.clock.advance(10)
        jira.put("/issue/ENG-1", {"fields": {"summary": str(jira.clock.monotonic())}})

    assert jira.found("labels = w-1") == ["ENG-1"]


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("project = ENG", ["ENG-2", "ENG-1"]),
        ("project = eng AND labels = w-1", ["ENG-1"]),
        ('labels in (w-1, "w-2")', ["ENG-2", "ENG-1"]),
        ("labels not in (w-1) AND project = ENG", ["ENG-2"]),
        ("key in (ENG-1, OPS-1) ORDER BY key ASC", ["ENG-1", "OPS-1"]),
        ("id in (10001, 10003) ORDER BY created DESC", ["OPS-1", "ENG-1"]),
        ("issuetype = Improvement", ["ENG-2"]),
        ('status = "In Progress"', ["OPS-1"]),
        ('status != "In Progress"', ["ENG-2", "ENG-1"]),
        ("priority = Low", ["ENG-2"]),
        ("duedate is not EMPTY", ["OPS-1"]),
        ("duedate is EMPTY and project = ENG", ["ENG-2", "ENG-1"]),
        ('due <= "2026-12-24"', ["OPS-1"]),
        ("assignee is not EMPTY", []),
        ('"Salesforce Case" ~ "500Hs00001abcDEIAY"', ["ENG-1"]),
        (r'cf[10029] ~ "\"500Hs00001abcDEIAY\""', ["ENG-1"]),
        ('description ~ "apple"', ["ENG-1"]),
        ('description ~ "app"', []),
        ('updated >= "-2m"', ["OPS-1", "ENG-2"]),
        ('created >= "2026-11-23 13:02"', ["OPS-1"]),
        ('created < "2026/11/23 13:01"', ["ENG-1"]),
        ("(labels = w-1 OR labels = w-2) AND project = ENG", ["ENG-2", "ENG-1"]),
    ],
)
def test_a_query_finds_what_it_says(three: Jira, query: str, keys: list[str]) -> None:
    assert three.found(query) == keys


@pytest.mark.parametrize(
    "query",
    [
        "",
        "ORDER BY created",
        "project",
        "project =",
        "project = NOPE",
        "colour = red",
        "status = Nowhere",
        "key = ENG-99",
        "project ~ ENG",
        "labels > w-1",
        'summary = "Broken"',
        'updated >= "yesterday"',
        'updated ~ "-2h"',
        "assignee = currentUser()",
        "project = ENG labels = w-1",
        "project = ENG AND",
        "NOT project = ENG",
        "project in ENG",
        "project = ENG ORDER BY colour",
        "duedate is 7",
        "project = ENG; DROP",
        'labels = "w-1',
        "project was ENG",
    ],
)
def test_what_is_not_understood_is_refused(three: Jira, query: str) -> None:
    assert message(three.search(query))


def test_by_default_only_ids_come_back(three: Jira) -> None:
    answer = three.post("/search/jql", {"jql": "labels = w-1"}).json()

    assert answer == {"issues": [{"id": "10001"}], "isLast": True}


def test_pages_follow_by_token_without_a_total(three: Jira) -> None:
    first = three.search("created is not EMPTY ORDER BY created", maxResults=2).json()
    rest = three.search(
        "created is not EMPTY ORDER BY created", maxResults=2, nextPageToken=first["nextPageToken"]
    ).json()

    assert [issue["key"] for issue in first["issues"]] == ["ENG-1", "ENG-2"]
    assert [issue["key"] for issue in rest["issues"]] == ["OPS-1"]
    assert (first["isLast"], rest["isLast"]) == (False, True)
    assert "total" not in first
    assert "nextPageToken" not in rest


def test_a_page_token_expires_and_belongs_to_its_query(three: Jira) -> None:
    token = three.search("project = ENG", maxResults=1).json()["nextPageToken"]

    assert message(three.search("project = OPS", nextPageToken=token))
    three.clock.advance(TOKEN_LIFE + 1)
    assert message(three.search("project = ENG", nextPageToken=token))


@pytest.mark.parametrize(
    "member",
    [
        {"startAt": 0},
        {"reconcileIssues": list(range(51))},
        {"reconcileIssues": ["ENG-1"]},
        {"properties": ["a", "b", "c", "d", "e", "f"]},
        {"properties": "a"},
        {"expand": ["names"]},
        {"maxResults": "many"},
        {"nextPageToken": "invented"},
    ],
)
def test_a_search_of_a_wrong_form_is_refused(three: Jira, member: dict[str, object]) -> None:
    assert three.search("project = ENG", **member).status_code == 400


def test_properties_come_with_a_search(three: Jira) -> None:
    three.put("/issue/ENG-1/properties/link", {"id": 1})

    (issue,) = three.search("labels = w-1", properties=["link", "none"]).json()["issues"]

    assert issue["properties"] == {"link": {"id": 1}}


def test_the_old_search_is_gone_from_cloud(jira: Jira) -> None:
    assert "CHANGE-2046" in message(jira.get("/search", jql="project = ENG"), 410)
    assert jira.post("/search", {"jql": "project = ENG"}).status_code == 410


def test_search_by_get_and_a_count(three: Jira) -> None:
    found = three.get("/search/jql", jql="project = ENG", fields="summary").json()
    count = three.post("/search/approximate-count", {"jql": "project = ENG"}).json()

    assert [issue["key"] for issue in found["issues"]] == ["ENG-2", "ENG-1"]
    assert count == {"count": 2}


def test_a_hidden_project_is_not_searched(three: Jira) -> None:
    three.sim.hide_project("OPS")

    assert three.found("labels = both") == ["ENG-2"]
    assert message(three.search("project = OPS"))
    assert message(three.search("key = OPS-1"))


def test_data_center_searches_by_number_and_has_no_tokens(datacenter: Jira) -> None:
    for _ in range(3):
        datacenter.create()
    datacenter.clock.advance(INDEX_LAG)

    page = {"jql": "project = ENG ORDER BY key", "startAt": 1, "maxResults": 1}
    answer = datacenter.post("/search", page).json()

    assert (answer["startAt"], answer["maxResults"], answer["total"]) == (1, 1, 3)
    assert [issue["key"] for issue in answer["issues"]] == ["ENG-2"]
    assert datacenter.get("/search", jql="project = ENG").json()["total"] == 3
    assert datacenter.search("project = ENG").status_code in {404, 405}


def test_binding_of_and_is_tighter_than_of_or() -> None:
    query = jql.parse("a = 1 OR b = 2 AND c = 3")

    assert isinstance(query.where, jql.Group)
    assert query.where.joint == "or"
    assert isinstance(query.where.parts[1], jql.Group)


def test_errors_of_a_search_have_jiras_form(jira: Jira) -> None:
    assert errors(jira.search("colour = red")) == {}
