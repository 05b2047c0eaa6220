"""`bridge doctor`'s lines: each that fails says what to do."""

import httpx
import pytest
import respx

from bridge.connectors.checking import CheckResult
from bridge.connectors.salesforce import CONNECTOR
from bridge.connectors.salesforce.rest import RestClient
from bridge.connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.describes import CASE_FIELDS, field_describe, object_describe
from connectors.salesforce.org import URL, settings_of

DATA = f"{URL}/services/data/v67.0"


def failing(lines: list[CheckResult]) -> dict[str, CheckResult]:
    return {line.name: line for line in lines if not line.ok}


@pytest.fixture
def settings() -> SalesforceSettings:
    return settings_of(objects={"Case": ["Jira_Key__c", "Bridge_Synced__c"]})


@pytest.fixture
def healthy(vendor: respx.MockRouter) -> respx.MockRouter:
    limits = {"DailyApiRequests": {"Max": 100_000, "Remaining": 99_000}, "Odd": 5}
    vendor.get(f"{DATA}/limits", name="limits").respond(json=limits)
    vendor.get(f"{DATA}/sobjects/Case/describe", name="describe").respond(
        json=object_describe("Case", CASE_FIELDS)
    )
    return vendor


def test_an_org_in_order_has_a_line_for_each_thing(
    client: RestClient, healthy: respx.MockRouter
) -> None:
    lines = list(CONNECTOR.check(client))

    assert failing(lines) == {}
    assert [line.name for line in lines] == ["credentials", "limits", "Case", "Case.Bridge_Key__c"]
    assert "99000 of 100000" in lines[1].detail


def test_a_refused_log_in_says_where_to_look_and_nothing_more_is_asked(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    vendor.routes["login"].respond(400, json={"error": "invalid_grant"})

    (line,) = CONNECTOR.check(client)

    assert (line.name, line.ok) == ("credentials", False)
    assert "External Client App" in line.remedy
    assert "Run-As" in line.remedy


def test_an_org_out_of_reach_is_told_apart(client: RestClient, vendor: respx.MockRouter) -> None:
    vendor.routes["login"].mock(side_effect=httpx.ConnectError("down"))

    (line,) = CONNECTOR.check(client)

    assert (line.name, line.ok) == ("reachable", False)


def test_a_token_of_another_org_is_noticed(client: RestClient, healthy: respx.MockRouter) -> None:
    healthy.routes["login"].respond(
        json={
            "access_token": "00D!x",
            "instance_url": URL,
            "id": "https://login.salesforce.com/id/00DWq000009ZzZzMAK/005Wq00000ZzAaZIAV",
        }
    )

    assert set(failing(list(CONNECTOR.check(client)))) == {"organization_id", "user_id"}


def test_few_calls_left_are_told(client: RestClient, healthy: respx.MockRouter) -> None:
    healthy.routes["limits"].respond(json={"DailyApiRequests": {"Max": 1000, "Remaining": 99}})

    assert "99 of 1000" in failing(list(CONNECTOR.check(client)))["limits"].detail


def test_missing_rights_and_fields_are_named(client: RestClient, healthy: respx.MockRouter) -> None:
    seen = [field_describe("Jira_Key__c"), field_describe("Bridge_Key__c", externalId=True)]
    answer = object_describe("Case", seen) | {"updateable": False}
    healthy.routes["describe"].respond(json=answer)

    lines = failing(list(CONNECTOR.check(client)))

    assert "no edit access" in lines["Case"].detail
    assert "no field Bridge_Synced__c" in lines["Case"].detail
    assert "field-level security" in lines["Case"].remedy
    assert "Unique" in lines["Case.Bridge_Key__c"].remedy


def test_an_object_that_cannot_be_seen_is_told(
    client: RestClient, healthy: respx.MockRouter
) -> None:
    missing = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    healthy.routes["describe"].respond(404, json=missing)

    assert "NOT_FOUND" in failing(list(CONNECTOR.check(client)))["Case"].detail
