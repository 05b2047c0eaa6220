"""The client against documented answers: what each means, and what is sent again."""

from typing import Any

import httpx
import pytest
import respx

from bridge.connectors.salesforce.answers import LIMIT_SECONDS
from bridge.connectors.salesforce.client import WriteOptions
from bridge.connectors.salesforce.rest import RestClient
from bridge.errors import AmbiguousOutcome, CredentialError, PermanentError, TransientError
from bridge.exchange import recording
from clocks import FakeClock
from connectors.salesforce.describes import CASE_FIELDS, object_describe
from connectors.salesforce.org import CASE, URL

DATA = f"{URL}/services/data/v67.0"
RECORD = f"{DATA}/sobjects/Case/{CASE}"
UPSERT = f"{DATA}/sobjects/Case/Jira_Key__c/ENG-12"
PLAIN = WriteOptions()
OPTIONS = WriteOptions(allow_duplicates=True, auto_assign=False)
WRITTEN = {"id": CASE, "success": True, "errors": []}


def problem(code: str, message: str = "because", *fields: str) -> list[dict[str, Any]]:
    return [{"errorCode": code, "message": message, "fields": list(fields)}]


def update(client: RestClient) -> None:
    client.update("Case", CASE, body={"Status": "New"}, options=OPTIONS)


def upsert(client: RestClient) -> str:
    body = {"Status": "New"}
    return client.upsert("Case", "Jira_Key__c", key="ENG-12", body=body, options=OPTIONS).id


def test_a_call_carries_token_client_name_and_options(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    route = vendor.patch(RECORD).respond(204)

    update(client)

    headers = route.calls[0].request.headers
    assert headers["authorization"] == "Bearer 00D!first"
    assert headers["sforce-call-options"] == "client=bridge"
    assert headers["sforce-duplicate-rule-header"] == "allowSave=true"
    assert headers["sforce-auto-assign"] == "FALSE"
    assert route.calls[0].request.content == b'{"Status":"New"}'


def test_an_expired_session_is_renewed_and_the_call_repeated_with_all_its_headers(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    expired = httpx.Response(401, json=problem("INVALID_SESSION_ID"))
    route = vendor.patch(RECORD).mock(side_effect=[expired, httpx.Response(204)])

    update(client)

    first, second = (dict(call.request.headers) for call in route.calls)
    assert first == second
    assert route.calls[1].request.content == b'{"Status":"New"}'
    assert vendor.routes["login"].call_count == 2


def test_a_session_that_is_refused_when_new_is_a_matter_of_credentials(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    route = vendor.patch(RECORD).respond(401, json=problem("INVALID_SESSION_ID"))

    with pytest.raises(CredentialError) as caught:
        update(client)

    assert caught.value.code == "INVALID_SESSION_ID"
    assert route.call_count == 2


@pytest.mark.parametrize(
    ("answered", "kind", "says"),
    [
        ((403, "REQUEST_LIMIT_EXCEEDED"), TransientError, "LIMIT"),
        ((400, "UNABLE_TO_LOCK_ROW"), TransientError, "LOCK"),
        ((503, "UNABLE_TO_LOCK_ROW"), TransientError, "LOCK"),
        ((503, "SERVER_UNAVAILABLE"), TransientError, "SERVER"),
        ((400, "QUERY_TIMEOUT"), TransientError, "TIMEOUT"),
        ((500, "UNKNOWN_EXCEPTION"), TransientError, "UNKNOWN"),
        ((429, ""), TransientError, "429"),
        ((502, ""), TransientError, "502"),
        ((408, ""), TransientError, "408"),
        ((403, "API_DISABLED_FOR_ORG"), PermanentError, "API Enabled"),
        ((400, "INSUFFICIENT_ACCESS_OR_READONLY"), PermanentError, "Run-As"),
        ((404, "NOT_FOUND"), PermanentError, "no such record"),
        ((404, "ENTITY_IS_DELETED"), PermanentError, "deleted"),
        ((400, "REQUIRED_FIELD_MISSING"), PermanentError, "because"),
        ((400, "FIELD_CUSTOM_VALIDATION_EXCEPTION"), PermanentError, "because"),
        ((400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"), PermanentError, "because"),
        ((400, "DUPLICATES_DETECTED"), PermanentError, "allow_duplicates"),
        ((410, "GONE"), PermanentError, "67.0"),
        ((300, ""), PermanentError, "unique"),
        ((302, ""), PermanentError, "302"),
        ((404, ""), PermanentError, "404"),
    ],
)
def test_each_code_tells_what_to_do(
    client: RestClient,
    vendor: respx.MockRouter,
    answered: tuple[int, str],
    kind: type[Exception],
    says: str,
) -> None:
    status, code = answered
    answer = problem(code) if code else {"other": "shape"}
    vendor.patch(UPSERT).respond(status, json=answer)

    with pytest.raises(kind, match=says) as caught:
        upsert(client)

    assert getattr(caught.value, "code", None) == (code or str(status))


def test_the_daily_limit_names_no_time_so_we_do(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    vendor.patch(RECORD).respond(403, json=problem("REQUEST_LIMIT_EXCEEDED"))

    with pytest.raises(TransientError) as caught:
        update(client)

    assert caught.value.retry_after == LIMIT_SECONDS


def test_a_429_is_waited_out_as_it_says(client: RestClient, vendor: respx.MockRouter) -> None:
    vendor.patch(RECORD).respond(429, headers={"retry-after": "7"})

    with pytest.raises(TransientError) as caught:
        update(client)

    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(502, html="<h1>Bad gateway</h1>"),
        httpx.Response(504),
        httpx.Response(500, json=problem("UNKNOWN_EXCEPTION")),
        httpx.Response(201, html="<h1>maintenance</h1>"),
        httpx.Response(201),
        httpx.Response(201, json={"success": True}),
        httpx.ReadTimeout("cut"),
        httpx.RemoteProtocolError("cut"),
    ],
)
def test_a_create_without_an_answer_may_have_happened(
    client: RestClient, vendor: respx.MockRouter, answer: httpx.Response | Exception
) -> None:
    vendor.post(f"{DATA}/sobjects/CaseComment").mock(side_effect=[answer])

    with pytest.raises(AmbiguousOutcome):
        client.create("CaseComment", body={"ParentId": CASE})


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ReadTimeout("cut")])
def test_a_read_without_an_answer_did_nothing(
    client: RestClient, vendor: respx.MockRouter, answer: httpx.Response | Exception
) -> None:
    vendor.get(f"{DATA}/limits").mock(side_effect=[answer, httpx.Response(200, html="<p>")])

    for _ in range(2):
        with pytest.raises(TransientError):
            client.limits()


def test_what_salesforce_says_is_kept_short_and_without_urls(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    message = "see https://northwind.my.salesforce.com/x?q=secret\n" + "long " * 200
    vendor.patch(RECORD).respond(400, json=problem("STRING_TOO_LONG", message, "Subject"))

    with pytest.raises(PermanentError) as caught:
        update(client)

    text = str(caught.value)
    assert text.startswith("salesforce: update Case: STRING_TOO_LONG: see [url] long")
    assert "secret" not in text
    assert len(text) < 400


def test_of_two_first_upserts_the_second_updates(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    clash = httpx.Response(400, json=problem("DUPLICATE_VALUE"))
    made = httpx.Response(200, json={**WRITTEN, "created": False})
    route = vendor.patch(UPSERT).mock(side_effect=[clash, made])

    assert upsert(client) == CASE
    assert route.call_count == 2


def test_a_clash_that_stays_is_for_a_person(client: RestClient, vendor: respx.MockRouter) -> None:
    route = vendor.patch(UPSERT).respond(400, json=problem("DUPLICATE_VALUE"))

    with pytest.raises(PermanentError) as caught:
        upsert(client)

    assert caught.value.code == "DUPLICATE_VALUE"
    assert route.call_count == 2


def test_a_2xx_that_says_no_is_no_success(client: RestClient, vendor: respx.MockRouter) -> None:
    refused = [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "x", "fields": []}]
    vendor.patch(UPSERT).respond(200, json={"id": CASE, "success": False, "errors": refused})

    with pytest.raises(PermanentError) as caught:
        upsert(client)

    assert caught.value.code == "REQUIRED_FIELD_MISSING"


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a/b", "a%2Fb"),
        ("a b?c#d", "a%20b%3Fc%23d"),
        ("../../Account/x", "..%2F..%2FAccount%2Fx"),
        ("路", "%E8%B7%AF"),
    ],
)
def test_a_key_stays_one_segment_of_the_path(
    client: RestClient, vendor: respx.MockRouter, key: str, path: str
) -> None:
    route = vendor.patch(url__regex=r".*/sobjects/.*").respond(201, json=WRITTEN)

    client.upsert("Case", "Jira_Key__c", key=key, body={}, options=PLAIN)

    raw = route.calls[0].request.url.raw_path.decode()
    assert raw == f"/services/data/v67.0/sobjects/Case/Jira_Key__c/{path}"


@pytest.mark.parametrize("key", ["", ".", "..", "\ud800"])
def test_a_key_that_would_change_the_path_is_refused(client: RestClient, key: str) -> None:
    with pytest.raises(PermanentError):
        client.upsert("Case", "Jira_Key__c", key=key, body={}, options=PLAIN)


@pytest.mark.parametrize("record_id", ["//evil.example/x", "../Account/x", "", "500"])
def test_an_id_that_is_none_goes_nowhere(client: RestClient, record_id: str) -> None:
    with pytest.raises(PermanentError):
        client.update("Case", record_id, body={}, options=PLAIN)


@pytest.mark.parametrize("name", ["../limits", "Case/x", "", "Case?x"])
def test_a_name_that_is_none_goes_nowhere(client: RestClient, name: str) -> None:
    for call in (client.describe, client.describe_anew, lambda bad: client.create(bad, body={})):
        with pytest.raises(PermanentError):
            call(name)


def test_a_query_is_read_page_by_page_on_this_host_alone(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    record = {
        "attributes": {"type": "Case"},
        "Id": CASE,
        "Account": {"attributes": {}, "Name": "N"},
    }
    following = "/services/data/v67.0/query/01gWq-2000"
    vendor.get(f"{DATA}/query").respond(
        json={"totalSize": 2, "done": False, "records": [record], "nextRecordsUrl": following}
    )
    vendor.get(f"{URL}{following}").respond(
        json={"totalSize": 2, "done": True, "records": [record]}
    )

    rows = list(client.query("SELECT Id, Account.Name FROM Case"))

    assert rows == [{"Id": CASE, "Account": {"Name": "N"}}] * 2


@pytest.mark.parametrize(
    "url", ["https://evil.example/x", "//evil.example/x", "/x", "/services/data/../../x"]
)
def test_a_next_page_elsewhere_is_not_fetched(
    client: RestClient, vendor: respx.MockRouter, url: str
) -> None:
    vendor.get(f"{DATA}/query").respond(json={"done": False, "records": [], "nextRecordsUrl": url})

    with pytest.raises(PermanentError, match="elsewhere"):
        list(client.query("SELECT Id FROM Case"))


def test_a_describe_is_kept_for_a_while_and_doubted_sooner(
    client: RestClient, vendor: respx.MockRouter, clock: FakeClock
) -> None:
    answer = object_describe("Case", CASE_FIELDS)
    route = vendor.get(f"{DATA}/sobjects/Case/describe").respond(json=answer)

    calls = []
    for ask, seconds in [
        (client.describe, 0),
        (client.describe_anew, 20),
        (client.describe, 500),
        (client.describe_anew, 1),
        (client.describe, 599),
        (client.describe, 2),
    ]:
        clock.advance(seconds)
        assert ask("Case").field("subject") is not None
        calls.append(route.call_count)

    assert calls == [1, 1, 1, 2, 2, 3]


def test_nothing_secret_is_recorded(client: RestClient, vendor: respx.MockRouter) -> None:
    vendor.patch(RECORD).respond(204)

    with recording() as exchanges:
        update(client)

    assert [exchange.status for exchange in exchanges] == [200, 204]
    assert "00D!" not in repr(exchanges)


def test_a_person_opens_a_record_in_lightning(client: RestClient) -> None:
    assert (
        client.record_url("Case", CASE)
        == f"https://northwind.lightning.force.com/lightning/r/Case/{CASE}/view"
    )
