"""Reads of live records: columns, chunks, nested parents, keys."""

from urllib.parse import parse_qs

import httpx
import pytest
import respx

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors.found import Named
from bridge.connectors.salesforce.ids import full_id
from bridge.connectors.salesforce.reader import name, query, read, resolve
from bridge.connectors.salesforce.rest import RestClient
from bridge.errors import PermanentError
from connectors.salesforce.org import CASE, URL, USER

QUERY = f"{URL}/services/data/v67.0/query"
ROW = {
    "attributes": {"type": "Case", "url": "/x"},
    "Id": CASE,
    "Account": {"attributes": {"type": "Account"}, "Name": "Northwind"},
    "Parent": None,
    "SystemModstamp": "2026-11-23T08:41:07.000+0000",
    "CreatedDate": "2026-11-20T08:00:01.000+0000",
    "LastModifiedById": USER,
}


def soql_of(request: httpx.Request) -> str:
    return parse_qs(request.url.query.decode())["q"][0]


def test_a_record_is_read_whole_with_its_stamps_and_parents(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    route = vendor.get(QUERY).respond(json={"done": True, "records": [ROW]})

    fields = ["Account.Name", "Parent.CaseNumber", "id"]
    (snapshot,) = read(client, "salesforce", "Case", [CASE[:15], CASE, "not an id"], fields)

    assert soql_of(route.calls[0].request) == (
        "SELECT Account.Name, Parent.CaseNumber, Id, CreatedDate, LastModifiedById, SystemModstamp"
        " FROM Case WHERE Id IN ('500Wq00000KfLmNIAV')"
    )
    assert snapshot.ref == Ref("salesforce", "Case", CASE)
    assert (snapshot.act, snapshot.complete) == (Act.SEEN, True)
    assert snapshot.version == "2026-11-23T08:41:07.000+00:00"
    assert snapshot.stamp is not None
    assert snapshot.created_at is not None
    assert snapshot.fields["Account"] == {"Name": "Northwind"}
    assert snapshot.fields["Parent"] is None


def test_many_ids_are_asked_for_in_chunks_that_fit_a_url(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    route = vendor.get(QUERY).respond(json={"done": True, "records": []})
    ids = [full_id(f"500Wq{number:010d}") for number in range(450)]

    assert read(client, "salesforce", "Case", ids, ["Subject"]) == []

    asked = [soql_of(call.request).count("500Wq") for call in route.calls]
    assert asked == [200, 200, 50]
    assert max(len(call.request.url.raw_path) for call in route.calls) < 16_000


def test_no_ids_are_no_call(client: RestClient) -> None:
    assert read(client, "salesforce", "Case", [], ["Subject"]) == []


@pytest.mark.parametrize("path", ["Subject FROM User", "a.b.c.d.e.f.g", "", "x'y", "(SELECT Id)"])
def test_a_field_that_is_none_is_not_asked_for(client: RestClient, path: str) -> None:
    with pytest.raises(PermanentError, match="not a field"):
        read(client, "salesforce", "Case", [CASE], [path])


def test_a_query_must_be_one(client: RestClient, vendor: respx.MockRouter) -> None:
    vendor.get(QUERY).respond(json={"done": True, "records": [{"attributes": {}, "Id": CASE}]})

    assert list(query(client, " select Id FROM Case", [])) == [{"Id": CASE}]
    with pytest.raises(PermanentError, match="SELECT"):
        query(client, "DELETE FROM Case", [])


def test_case_numbers_and_ids_become_refs_and_a_shared_key_gives_all_who_have_it(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    other = full_id("500Wq00000KfLmP")

    def answer(request: httpx.Request) -> httpx.Response:
        by_id = "WHERE Id IN" in soql_of(request)
        rows = (
            [{"Id": CASE}]
            if by_id
            else [
                {"Id": other, "CaseNumber": "00004711"},
                {"Id": CASE, "CaseNumber": "00004712"},
                {"Id": other, "CaseNumber": "00004712"},
            ]
        )
        return httpx.Response(200, json={"done": True, "records": rows})

    route = vendor.get(QUERY).mock(side_effect=answer)
    keys = [CASE[:15], "00004711", "00004712", "it's"]

    found = resolve(client, "salesforce", "Case", keys)

    assert found == {
        CASE[:15]: [Ref("salesforce", "Case", CASE)],
        "00004711": [Ref("salesforce", "Case", other)],
        "00004712": [Ref("salesforce", "Case", one) for one in sorted({CASE, other})],
    }
    assert "'it\\'s'" in soql_of(route.calls[1].request)


def test_other_objects_are_called_by_their_name(
    client: RestClient, vendor: respx.MockRouter
) -> None:
    record_id = full_id("001Wq00000AccTX")
    rows = [{"Id": record_id, "Name": "NORTHWIND"}]
    route = vendor.get(QUERY).respond(json={"done": True, "records": rows})

    found = resolve(client, "salesforce", "Account", ["Northwind"])

    assert found == {"Northwind": [Ref("salesforce", "Account", record_id)]}
    assert soql_of(route.calls[0].request).endswith("FROM Account WHERE Name IN ('Northwind')")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (CASE, Named(id=CASE)),
        (CASE[:15], Named(id=CASE)),
        ("00004711", Named(key="00004711")),
        (f"https://northwind.my.salesforce.com/{CASE}", Named(id=CASE)),
        (
            f"https://northwind.lightning.force.com/lightning/r/Case/{CASE}/view",
            Named(object="Case", id=CASE),
        ),
        (f"https://southwind.lightning.force.com/lightning/r/Case/{CASE}/view", None),
        (f"https://northwind.lightning.force.com.evil.example/lightning/r/Case/{CASE}/view", None),
        ("https://northwind.lightning.force.com/lightning/o/Case/list", None),
        ("", None),
    ],
)
def test_an_id_a_key_and_a_url_of_this_org_name_a_record(
    client: RestClient, said: str, named: Named | None
) -> None:
    assert name(client.settings, said) == named
