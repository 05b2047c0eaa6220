"""Limits as people write them and as vendors tell them."""

from datetime import UTC, datetime

import httpx
import pytest
from pydantic import ValidationError

from bridge.connectors import jira, salesforce, teams
from bridge.connectors.contract import ConnectionSettings
from bridge.connectors.limits import Reading, Window, named, retry_after, standard, window

NOW = datetime(2026, 11, 23, 9, 20, tzinfo=UTC)
JIRA, SALESFORCE, TEAMS = (one.CONNECTOR.limits for one in (jira, salesforce, teams))
assert JIRA is not None
assert SALESFORCE is not None
assert TEAMS is not None
USED_UP = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "17"}, 17.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Mon, 23 Nov 2026 09:21:00 GMT"}, 60.0),
        (
            {
                "retry-after": "Mon, 23 Nov 2026 10:00:30 GMT",
                "date": "Mon, 23 Nov 2026 10:00:00 GMT",
            },
            30.0,
        ),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "١٢"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, NOW) == seconds


def test_policies_and_what_is_left_of_them_are_read_by_name() -> None:
    headers = {
        "ratelimit-policy": '"burst";q=100;w=60,"daily";q=1000;w=86400;pk=:dGVzdA==:',
        "ratelimit": '"daily";r=7;t=3000',
    }

    burst, daily = named(headers)

    assert burst == Reading(name="burst", limit=100, seconds=60.0)
    assert daily == Reading(name="daily", limit=1000, left=7, seconds=86_400.0, resets_in=3_000.0)


@pytest.mark.parametrize("said", ["", "100", '"a', "r=1", '"a";q=x', '"a";;;', "\x00,"])
def test_a_field_that_nobody_can_read_says_nothing_and_breaks_nothing(said: str) -> None:
    read = named({"ratelimit": said, "ratelimit-policy": said})

    assert all((one.limit, one.left) == (None, None) for one in read)


@pytest.mark.parametrize(
    ("status", "headers", "closed"),
    [
        (429, {"retry-after": "9"}, 9.0),
        (429, {}, 2.0),
        (503, {"retry-after": "9"}, 9.0),
        (503, {}, None),
        (200, {"retry-after": "9"}, None),
    ],
)
def test_a_vendor_that_turns_us_away_is_closed_for_as_long_as_it_asks(
    status: int, headers: dict[str, str], closed: float | None
) -> None:
    read = standard(httpx.Response(status, headers=headers), NOW)

    assert [one.closed_for for one in read] == ([] if closed is None else [closed])


@pytest.mark.parametrize(
    ("headers", "readings"),
    [
        (
            {"ratelimit-reason": "jira-burst-based", "retry-after": "3"},
            [Reading(name="put", closed_for=3.0, why="jira-burst-based")],
        ),
        ({}, [Reading(name="put", closed_for=5.0, why="answered 429")]),
        ({"ratelimit-reason": "jira-per-issue-on-write", "retry-after": "3"}, []),
        (
            {"ratelimit-reason": "jira-quota-tenant-based"},
            [
                Reading(
                    name="tenant-app-quota",
                    left=0,
                    seconds=3_600.0,
                    resets_in=2_400.0,
                    why="jira-quota-tenant-based",
                ),
                Reading(name="calls", closed_for=2_400.0, why="jira-quota-tenant-based"),
            ],
        ),
        (
            {"x-ratelimit-fillrate": "10", "retry-after": "4"},
            [Reading(name="calls", closed_for=4.0, why="answered 429")],
        ),
    ],
    ids=["burst", "gateway", "one issue", "points", "data center"],
)
def test_a_429_of_jira_closes_what_its_reason_is_about(
    headers: dict[str, str], readings: list[Reading]
) -> None:
    request = httpx.Request("PUT", "https://acme.atlassian.net/rest/api/2/issue/ENG-1")
    answer = httpx.Response(429, headers=headers, request=request)

    assert list(JIRA.read(answer, NOW)) == readings


def test_jira_tells_what_is_left_of_a_burst_and_of_the_points() -> None:
    request = httpx.Request("GET", "https://acme.atlassian.net/rest/api/2/issue/ENG-1")
    headers = {
        "x-ratelimit-limit": "150",
        "x-ratelimit-remaining": "12",
        "ratelimit-policy": '"global-app-quota";q=65000;w=3600, "jira-burst-based";q=100;w=1',
        "ratelimit": '"global-app-quota";r=11000;t=600',
    }

    points, burst = JIRA.read(httpx.Response(200, headers=headers, request=request), NOW)

    assert (points.name, points.left, points.resets_in) == ("global-app-quota", 11_000, 600.0)
    assert (burst.name, burst.limit, burst.left) == ("get", 150, 12)


def test_each_answer_of_salesforce_counts_the_day() -> None:
    usage = "api-usage=25/5000; per-app-api-usage=17/250(appName=bridge)"

    daily, app = SALESFORCE.read(httpx.Response(200, headers={"sforce-limit-info": usage}), NOW)

    assert (daily.name, daily.limit, daily.left, daily.seconds) == ("daily", 5000, 4975, 86_400)
    assert (app.name, app.limit, app.left) == ("daily-per-app", 250, 233)


@pytest.mark.parametrize(
    ("usage", "closed"),
    [("api-usage=5000/5000", 900.0), ("api-usage=18/5000", 30.0), ("", 900.0)],
    ids=["used up", "long calls", "not said"],
)
def test_a_403_that_is_a_quota_closes_the_day_and_no_permission(usage: str, closed: float) -> None:
    answer = httpx.Response(403, headers={"sforce-limit-info": usage}, json=USED_UP)

    read = [one for one in SALESFORCE.read(answer, NOW) if one.closed_for]

    assert [(one.name, one.closed_for) for one in read] == [("daily", closed)]


def test_a_403_that_is_a_permission_closes_nothing() -> None:
    body = [{"errorCode": "API_DISABLED_FOR_ORG", "message": "not enabled"}]

    assert list(SALESFORCE.read(httpx.Response(403, json=body), NOW)) == []


def test_a_login_is_no_call_of_the_day() -> None:
    assert "daily" not in SALESFORCE.charged("POST", "/services/oauth2/token")
    assert "daily" in SALESFORCE.charged("PATCH", "/services/data/v67.0/composite/sobjects")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(429, headers={"retry-after": "12"}),
        httpx.Response(
            200,
            headers={"retry-after": "12"},
            text="Webhook message delivery failed with error: Microsoft Teams endpoint returned"
            " HTTP error 429 with ContextId 1",
        ),
    ],
    ids=["429", "a 200 that means 429"],
)
def test_a_channel_that_takes_no_more_is_closed_alone(answer: httpx.Response) -> None:
    assert [(one.name, one.closed_for) for one in TEAMS.read(answer, NOW)] == [("channel", 12.0)]


def test_a_card_that_was_taken_closes_nothing() -> None:
    assert list(TEAMS.read(httpx.Response(202), NOW)) == []


def test_a_limit_is_written_as_people_say_it() -> None:
    settings = ConnectionSettings.model_validate(
        {"system": "any", "limits": {"calls": ["4 per 1s", "60 per 30s"]}}
    )

    assert settings.limits["calls"] == (Window(most=4, seconds=1), Window(most=60, seconds=30))
    assert window("100000 per 24h") == Window(most=100_000, seconds=86_400)


def test_a_limit_is_lifted_by_none() -> None:
    settings = ConnectionSettings.model_validate({"system": "any", "limits": {"calls": "none"}})

    assert settings.limits["calls"] == ()


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"calls": "many"}, "write it as 100 per 30s, or none to lift it"),
        ({"calls": "0 per 1s"}, "write it as 100 per 30s"),
        ({"calls": "5 per fortnight"}, "write it as 90s"),
        ({"calls": "5 per 0s"}, "a second (1s) is the shortest"),
        ({"call": "5 per 1s"}, "no limit 'call' at this system; there are: calls"),
    ],
)
def test_a_wrong_limit_is_told_what_would_be_right(limits: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError) as error:
        ConnectionSettings.model_validate({"system": "any", "limits": limits})

    assert said in str(error.value)
