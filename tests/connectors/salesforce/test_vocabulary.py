"""Salesforce's own words, as the simulated org describes itself."""

from collections.abc import Iterator

import pytest

from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.vocabulary import VOCABULARY
from bridge.connectors.vocabulary import Holds, Missing
from clocks import FakeClock
from connectors.salesforce.simulated import SECRETS, client_of, simulated

UPDATE, UPSERT, CREATE = (f"salesforce.{name}_record" for name in ("update", "upsert", "create"))
CASE = frozenset({"Case"})


@pytest.fixture
def client(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[SalesforceClient]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with simulated(clock) as (_, settings), client_of(settings) as made:
        yield made


def test_a_picklist_gives_its_words_and_a_text_takes_any(client: SalesforceClient) -> None:
    status = VOCABULARY.field(client, "Case", "Status")

    assert {"New", "Working", "Closed"} <= {*status.words}
    assert VOCABULARY.field(client, "Case", "subject").words == ()
    assert VOCABULARY.field(client, "Case", "Account.Name").words == ()


@pytest.mark.parametrize(
    ("object_", "path", "said"),
    [
        ("Case", "Subjekt", "Case has no field `Subjekt`; did you mean `Subject`?"),
        ("Case", "Acount.Name", "Case has no relationship `Acount`; did you mean `Account`?"),
        ("Cases", "Subject", "Salesforce has no object `Cases`"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(
    client: SalesforceClient, object_: str, path: str, said: str
) -> None:
    with pytest.raises(Missing) as caught:
        VOCABULARY.field(client, object_, path)

    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("action", "said", "told"),
    [
        (UPDATE, {("fields", "Subject"): frozenset({"x"})}, ""),
        (UPDATE, {("fields", "Subjekt"): frozenset()}, "no field `Subjekt`; did you mean `Subject`?"),
        (UPDATE, {("fields", "Severity__c"): frozenset({"critical"})}, ""),
        (UPDATE, {("fields", "Severity__c"): frozenset({"Urgent"})}, '`Severity__c` has no value "Urgent"'),
        (UPDATE, {("fields", "Subject"): frozenset({"x" * 256})}, "`Subject` holds 255 characters, this is 256 long"),
        (UPDATE, {("fields", "CaseNumber"): frozenset({"1"})}, "`CaseNumber` cannot be written"),
        (UPSERT, {("key_field",): frozenset({"Jira_Key__c"})}, ""),
        (UPSERT, {("key_field",): frozenset({"Subject"})}, "Case has no external id `Subject`"),
        (CREATE, {("fields", "Subject"): frozenset({"x"})}, ""),
    ],
)  # fmt: skip
def test_what_a_write_would_be_refused_for_is_told(
    client: SalesforceClient,
    action: str,
    said: dict[tuple[str, ...], frozenset[str]],
    told: str,
) -> None:
    found = [one.text for one in VOCABULARY.step(client, action, {("object",): CASE, **said})]

    assert len(found) == bool(told)
    assert told in "".join(found)


def test_what_a_field_holds_is_told_by_its_type(client: SalesforceClient) -> None:
    paths = ("Subject", "Description", "Promised_Date__c", "CreatedDate", "IsClosed", "Status")

    held = {path: VOCABULARY.field(client, "Case", path).holds for path in paths}

    assert held == {
        "Subject": Holds.TEXT,
        "Description": Holds.TEXT,
        "Promised_Date__c": Holds.DAY,
        "CreatedDate": Holds.MOMENT,
        "IsClosed": Holds.CHECKBOX,
        "Status": Holds.CHOICE,
    }
    assert VOCABULARY.field(client, "Case", "Account.Name").holds is None
