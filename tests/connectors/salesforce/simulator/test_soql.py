"""SOQL: the subset answered truly, everything else refused as the vendor refuses it."""

# ruff: noqa: S608  (queries are what is tested)

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.connectors.salesforce.simulator.rejection import Rejection
from bridge.connectors.salesforce.simulator.soql import literal
from bridge.connectors.salesforce.simulator.soql.parser import parse
from bridge.connectors.salesforce.simulator.soql.syntax import Both, Compare, Either
from connectors.salesforce.simulator.still_clock import StillClock
from properties import SHARING

_ESCAPES = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@pytest.fixture
def cases(sim: SalesforceSimulator, clock: StillClock) -> dict[str, str]:
    """Three cases, a second apart, by name."""
    account = sim.create("Account", Name="Acme & Sons", AnnualRevenue=1_000_000)
    made = {}
    for name, more in (
        ("alpha", {"AccountId": account, "CSAT__c": 2, "Jira_Due__c": "2026-12-01"}),
        ("Beta", {"CSAT__c": 5, "Send_To_Engineering__c": True}),
        ("100%_sure", {"Origin": "Web"}),
    ):
        made[name] = sim.create_case(Subject=name, **more)
        clock.pass_(1)
    return made


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("Subject = 'ALPHA'", ["alpha"]),
        ("Subject != 'alpha'", ["Beta", "100%_sure"]),
        ("Subject LIKE '%a'", ["alpha", "Beta"]),
        ("Subject LIKE '_eta'", ["Beta"]),
        ("Subject LIKE '%\\%\\_%'", ["100%_sure"]),
        ("NOT Subject LIKE '%a'", ["100%_sure"]),
        ("Subject IN ('beta', 'x')", ["Beta"]),
        ("Subject NOT IN ('beta')", ["alpha", "100%_sure"]),
        ("CSAT__c > 2", ["Beta"]),
        ("CSAT__c >= 2", ["alpha", "Beta"]),
        ("CSAT__c = null", ["100%_sure"]),
        ("CSAT__c <> NULL", ["alpha", "Beta"]),
        ("CSAT__c < -1.5", []),
        ("Send_To_Engineering__c = TRUE", ["Beta"]),
        ("Jira_Due__c <= 2026-12-01", ["alpha"]),
        ("Origin != 'Web'", ["alpha", "Beta"]),  # a null differs too
        ("Account.Name = 'acme & sons'", ["alpha"]),
        ("Account.AnnualRevenue >= 1000000", ["alpha"]),
        ("Account.Name = null", ["Beta", "100%_sure"]),
        ("CreatedDate > 2026-11-23T09:55:12Z", ["Beta", "100%_sure"]),
        ("CreatedDate <= 2026-11-23T10:55:12.000+01:00", ["alpha"]),
        ("CSAT__c = 2 OR Origin = 'Web'", ["alpha", "100%_sure"]),
        ("(CSAT__c = 2 OR CSAT__c = 5) AND NOT (Subject = 'beta')", ["alpha"]),
    ],
)
def test_a_condition_finds_what_it_says(
    api: TestClient, cases: dict[str, str], condition: str, found: list[str]
) -> None:
    query = f"SELECT Subject FROM Case WHERE {condition}"

    answer = api.get("query", params={"q": query})

    assert answer.status_code == 200, answer.text
    # the page holds two; three are counted
    names = [each["Subject"] for each in answer.json()["records"]]
    assert (answer.json()["totalSize"], names) == (len(found), found[:2])


def test_ids_are_found_in_both_lengths(api: TestClient, cases: dict[str, str]) -> None:
    short = cases["alpha"][:15]

    answer = api.get("query", params={"q": f"SELECT Id FROM Case WHERE Id IN ('{short}')"})

    assert [each["Id"] for each in answer.json()["records"]] == [cases["alpha"]]


def test_parents_are_nested_and_a_missing_one_is_null(
    api: TestClient, cases: dict[str, str]
) -> None:
    query = "select Subject, Account.Name, Account.AnnualRevenue from Case order by Subject limit 2"

    records = api.get("query", params={"q": query}).json()["records"]

    assert [each["Subject"] for each in records] == ["100%_sure", "alpha"]
    assert records[0]["Account"] is None
    assert records[1]["Account"]["attributes"]["type"] == "Account"
    assert records[1]["Account"]["Name"] == "Acme & Sons"
    assert records[1]["Account"]["AnnualRevenue"] == 1_000_000


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("CSAT__c", ["100%_sure", "alpha"]),
        ("CSAT__c DESC", ["100%_sure", "Beta"]),
        ("CSAT__c DESC NULLS LAST", ["Beta", "alpha"]),
        ("CSAT__c ASC NULLS LAST", ["alpha", "Beta"]),
        ("Send_To_Engineering__c, Subject DESC", ["alpha", "100%_sure"]),
        ("CreatedDate DESC", ["100%_sure", "Beta"]),
    ],
)
def test_order(api: TestClient, cases: dict[str, str], order: str, found: list[str]) -> None:
    query = f"SELECT Subject FROM Case ORDER BY {order} LIMIT 2"

    records = api.get("query", params={"q": query}).json()["records"]

    assert [each["Subject"] for each in records] == found


def test_pages_follow_the_cursor_and_show_the_result_of_the_first_moment(
    sim: SalesforceSimulator, api: TestClient, cases: dict[str, str]
) -> None:
    first = api.get("query", params={"q": "SELECT Subject FROM Case"}).json()
    sim.edit("Case", cases["100%_sure"], Subject="later")

    second = api.get(f"http://org.example{first['nextRecordsUrl']}").json()

    assert (first["totalSize"], first["done"], len(first["records"])) == (3, False, 2)
    assert (second["totalSize"], second["done"]) == (3, True)
    assert [each["Subject"] for each in second["records"]] == ["100%_sure"]
    assert "nextRecordsUrl" not in second


def test_an_unknown_or_old_cursor_is_refused(
    api: TestClient, clock: StillClock, sim: SalesforceSimulator, cases: dict[str, str]
) -> None:
    url = api.get("query", params={"q": "SELECT Id FROM Case"}).json()["nextRecordsUrl"]
    clock.pass_(173)
    token = sim.sessions.open(sim.org.integration_user)
    api.headers["authorization"] = f"Bearer {token}"

    old = api.get(f"http://org.example{url}")
    unknown = api.get("query/01gnonsense-2000")

    assert old.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    assert unknown.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_deleted_rows_are_seen_by_query_all_alone(
    sim: SalesforceSimulator, api: TestClient, cases: dict[str, str]
) -> None:
    sim.delete("Case", cases["Beta"])
    query = {"q": "SELECT Subject FROM Case WHERE IsDeleted = true"}

    assert api.get("query", params=query).json()["records"] == []
    found = api.get("queryAll", params=query).json()["records"]
    assert [each["Subject"] for each in found] == ["Beta"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "MALFORMED_QUERY"),
        ("SELECT", "MALFORMED_QUERY"),
        ("SELECT Id", "MALFORMED_QUERY"),
        ("SELECT Id FROM", "MALFORMED_QUERY"),
        ("SELECT Id, FROM Case", "MALFORMED_QUERY"),
        ("SELECT * FROM Case", "MALFORMED_QUERY"),
        ("SELECT Id, id FROM Case", "MALFORMED_QUERY"),
        ("SELECT COUNT() FROM Case", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case c", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Subject = 'open", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Subject = '\\q'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Subject = '\\u12'", "MALFORMED_QUERY"),
        ('SELECT Id FROM Case WHERE Subject = "x"', "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Subject == 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Subject = x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Id IN ()", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Id IN (SELECT Id FROM Case)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE (Subject = 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE CSAT__c=1 AND CSAT__c=2 OR CSAT__c=3", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Jira_Due__c = 2026-13-01", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE Jira_Due__c = TODAY", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case GROUP BY Id", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case LIMIT x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case LIMIT 1 OFFSET 2", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case; DROP", "MALFORMED_QUERY"),
        ("SELECT Nothing__c FROM Case", "INVALID_FIELD"),
        ("SELECT Nobody.Name FROM Case", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE Nothing__c = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Case ORDER BY Nothing__c", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Case ORDER BY Description", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE CreatedDate > '2026-11-23T09:55:12Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE CreatedDate > 2026-11-23", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE Subject = 12", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE Id = 'nonsense'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Case WHERE CreatedDate LIKE '2026%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Widget__c", "INVALID_TYPE"),
    ],
)
def test_what_the_vendor_would_not_run_is_refused(
    api: TestClient, cases: dict[str, str], query: str, code: str
) -> None:
    answer = api.get("query", params={"q": query})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_a_refusal_shows_the_place(api: TestClient) -> None:
    answer = api.get("query", params={"q": "SELECT Id FROM Case GROUP BY Id"})

    assert "ERROR at Row:1:Column:21" in answer.json()[0]["message"]
    assert "unexpected token: 'GROUP'" in answer.json()[0]["message"]


def test_parentheses_decide_what_belongs_together() -> None:
    where = parse("SELECT Id FROM Case WHERE (A = 1 AND B = 2) OR C = 3").where

    assert isinstance(where, Either)
    assert isinstance(where.conditions[0], Both)


@given(st.text())
def test_escaped_text_is_read_back(text: str) -> None:
    escaped = "".join(_ESCAPES.get(char, char) for char in text)

    where = parse(f"SELECT Id FROM Case WHERE Subject = '{escaped}'").where

    assert isinstance(where, Compare)
    assert where.literal.value == text


@given(st.text(alphabet="ab%_\\'\n\u4e2d", max_size=12))
def test_an_escaped_like_pattern_finds_its_own_text_alone(text: str) -> None:
    likes = {**_ESCAPES, "%": "\\%", "_": "\\_"}
    pattern = literal.pattern("".join(likes.get(char, char) for char in text))

    assert pattern.fullmatch(text)
    assert not pattern.fullmatch(text + "x")


@given(st.text())
def test_any_text_is_a_query_or_a_refusal(text: str) -> None:
    code = ""
    try:
        parse(text)
    except Rejection as refused:
        code = refused.code

    assert code in {"", "MALFORMED_QUERY"}


@settings(suppress_health_check=SHARING)
@given(st.text(alphabet="aB'\\\"%_ é\u4e2d\U0001f600", min_size=1, max_size=20))
def test_a_stored_subject_is_found_by_its_own_text(
    sim: SalesforceSimulator, api: TestClient, text: str
) -> None:
    case = sim.create_case(Subject=text)
    escaped = "".join(_ESCAPES.get(char, char) for char in text.strip())
    wanted = f"'{escaped}'" if escaped else "null"

    query = f"SELECT Id FROM Case WHERE Subject = {wanted} AND Id = '{case}'"

    assert api.get("query", params={"q": query}).json()["totalSize"] == 1
