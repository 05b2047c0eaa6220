"""Actions on an org in memory: what is written, what a second run leaves, how they are ordered."""

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.connectors.action import Outcome, Repeat
from bridge.connectors.salesforce import CONNECTOR
from bridge.connectors.salesforce.actions import CreateRecord, UpdateRecord, UpsertRecord
from bridge.connectors.salesforce.comments import (
    AddCaseComment,
    DeleteCaseComment,
    EditCaseComment,
)
from bridge.connectors.salesforce.marks import COMMENT_BYTES, carried, marked
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.errors import PermanentError
from connectors.salesforce.fake import FakeSalesforce

KEY = "wrk_abc"


@pytest.fixture
def org(settings: SalesforceSettings) -> FakeSalesforce:
    return FakeSalesforce(settings)


@pytest.fixture
def case(org: FakeSalesforce) -> str:
    return org.create("Case", body={"Subject": "Reboots", "CaseNumber": "00004711"})


@pytest.mark.parametrize("action", CONNECTOR.actions, ids=lambda action: str(action.kind))
def test_each_action_has_examples_that_survive_storage(action: Any) -> None:
    for example in action.examples:
        made = action.model_validate(example)

        assert action.model_validate(made.model_dump(mode="json")) == made
    assert action.examples
    assert action.kind.startswith("salesforce.")


def test_create_makes_one_record_however_often_it_runs(org: FakeSalesforce) -> None:
    action = CreateRecord.model_validate(CreateRecord.examples[0])

    first, second = action.run(org, KEY), action.run(org, KEY)

    assert first.ref == second.ref
    assert len(org.records["Case"]) == 1
    assert org.records["Case"][first.ref.id]["Bridge_Key__c"] == KEY if first.ref else False
    assert first.wrote == {"Subject": "Reboots at night", "Origin": "Web"}


def test_another_write_key_makes_another_record(org: FakeSalesforce) -> None:
    action = CreateRecord.model_validate(CreateRecord.examples[0])

    action.run(org, KEY)
    action.run(org, "wrk_other")

    assert len(org.records["Case"]) == 2


def test_upsert_writes_what_the_fields_want_and_says_where(org: FakeSalesforce) -> None:
    action = UpsertRecord(
        object="Case",
        key_field="Jira_Key__c",
        key="ENG-12",
        fields={"Status": "In Arbeit", "Send_To_Engineering__c": "no", "Subject": ""},
        allow_duplicates=True,
        auto_assign=False,
    )

    receipt = action.run(org, KEY)

    assert receipt.outcome is Outcome.DONE
    assert receipt.ref is not None
    assert str(receipt.ref).startswith("salesforce:Case:500")
    assert receipt.url.endswith(f"/lightning/r/Case/{receipt.ref.id}/view")
    assert receipt.wrote == {
        "Status": "Working",
        "Send_To_Engineering__c": False,
        "Subject": None,
    }
    assert org.options[0].headers() == {
        "Sforce-Duplicate-Rule-Header": "allowSave=true",
        "Sforce-Auto-Assign": "FALSE",
    }


def test_the_key_is_not_among_the_fields() -> None:
    with pytest.raises(ValidationError, match="leave it out of fields"):
        UpsertRecord(object="Case", key_field="K__c", key="1", fields={"k__c": "1"})


@pytest.mark.parametrize("name", ["", "Case/x", "a b", "1Case", "Case;"])
def test_a_name_that_is_none_stops_the_rule_from_loading(name: str) -> None:
    with pytest.raises(ValidationError, match="API name"):
        CreateRecord(object=name, fields={})


@pytest.mark.parametrize("form", ["{id}", "{short}", "salesforce:Case:{id}", "00004711"])
def test_update_finds_its_record_by_ref_id_or_number(
    org: FakeSalesforce, case: str, form: str
) -> None:
    address = form.format(id=case, short=case[:15])

    receipt = UpdateRecord(object="Case", record=address, fields={"Status": "New"}).run(org, KEY)

    assert receipt.ref is not None
    assert receipt.ref.id == case
    assert org.records["Case"][case]["Status"] == "New"


def test_a_ref_tells_its_object_and_an_id_does_not(org: FakeSalesforce, case: str) -> None:
    fields = {"Status": "New"}

    by_ref = UpdateRecord(record=f"salesforce:Case:{case}", fields=fields)

    by_ref.run(org, KEY)
    assert org.records["Case"][case]["Status"] == "New"
    assert by_ref.ordering_key() == f"Case:{case}"
    with pytest.raises(PermanentError, match="set `object`"):
        UpdateRecord(record=case, fields=fields).run(org, KEY)


@pytest.mark.parametrize(
    "address",
    [
        "jira:issue:10231",
        "salesforce:Account:500Wq00000KfLmNIAV",
        "other:Case:500Wq00000KfLmNIAV",
        "salesforce:Case:x",
        "00009999",
        "it's",
    ],
)
def test_an_address_that_leads_nowhere_is_for_a_person(org: FakeSalesforce, address: str) -> None:
    with pytest.raises(PermanentError) as caught:
        UpdateRecord(object="Case", record=address, fields={"Status": "New"}).run(org, KEY)

    assert caught.value.code == "bad_address"


def test_writes_to_one_record_have_one_order() -> None:
    long, short = "500Wq00000KfLmNIAV", "500Wq00000KfLmN"
    fields = {"Status": "New"}
    keys = {
        UpdateRecord(object="Case", record=record, fields=fields).ordering_key()
        for record in (long, short, f"salesforce:Case:{long}")
    }

    assert keys == {AddCaseComment(case=long, body="x").ordering_key()}
    assert (
        UpsertRecord(
            object="Case", key_field="Jira_Key__c", key="ENG-1", fields=fields
        ).ordering_key()
        == "Case:Jira_Key__c:ENG-1"
    )
    assert CreateRecord(object="Case", fields=fields).ordering_key() == ""


def test_an_unknown_field_asks_the_org_once_more(org: FakeSalesforce, case: str) -> None:
    with pytest.raises(PermanentError, match="no field"):
        UpdateRecord(object="Case", record=case, fields={"New__c": 1}).run(org, KEY)

    assert org.described == 2


def test_a_comment_is_internal_and_found_by_its_mark(org: FakeSalesforce, case: str) -> None:
    action = AddCaseComment(case=case, body="ENG-12 is done.")
    assert action.find(org, KEY) is None

    done = action.run(org, KEY)

    (comment,) = org.records["CaseComment"].values()
    assert comment["IsPublished"] is False
    assert comment["CommentBody"].startswith("ENG-12 is done.\r\n")
    found = action.find(org, KEY)
    assert found is not None
    assert found.ref == done.ref
    assert action.find(org, "wrk_other") is None
    assert AddCaseComment.repeat is Repeat.FINDABLE


def test_a_comment_is_changed_and_found_by_its_mark_still(org: FakeSalesforce, case: str) -> None:
    added = AddCaseComment(case=case, body="ENG-12 is done.")
    made = added.run(org, KEY)

    EditCaseComment(comment=str(made.ref), body="ENG-12 is not.", mark=KEY).run(org, "wrk_edit")

    (comment,) = org.records["CaseComment"].values()
    assert comment["CommentBody"] == f"ENG-12 is not.\r\n\r\n[bridge {KEY}]"
    found = added.find(org, KEY)
    assert found is not None
    assert found.ref == made.ref


def test_a_comment_is_taken_back_once_and_never_made_anew(org: FakeSalesforce, case: str) -> None:
    made = AddCaseComment(case=case, body="ENG-12 is done.").run(org, KEY)
    back = DeleteCaseComment(comment=str(made.ref))
    edit = EditCaseComment(comment=str(made.ref), body="ENG-12 is not.")

    outcomes = [back.run(org, KEY).outcome, back.run(org, KEY).outcome]

    assert outcomes == [Outcome.DONE, Outcome.UNCHANGED]
    assert back.ordering_key() == edit.ordering_key()
    assert org.records["CaseComment"] == {}


def test_a_text_that_is_cut_says_where_the_whole_of_it_is() -> None:
    place = "https://acme.atlassian.net/browse/ENG-12"

    text = marked("x" * COMMENT_BYTES, KEY, original=place)

    assert len(text.encode()) == COMMENT_BYTES
    assert text.endswith(f"… {place}\r\n\r\n[bridge {KEY}]")


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("Done.\r\n\r\n[bridge wrk_abc]", "wrk_abc"),
        ("Done. [bridge wrk_abc] \n", "wrk_abc"),
        ("[bridge wrk_abc]\n\nI do not think so.", None),
        ("Done.", None),
        (None, None),
    ],
)
def test_a_mark_counts_at_the_end_alone(body: str | None, key: str | None) -> None:
    assert carried(body) == key


@pytest.mark.parametrize("letter", ["x", "é", "路", "🚀"])
def test_a_long_comment_is_cut_at_a_character_and_keeps_its_mark(letter: str) -> None:
    text = marked(letter * COMMENT_BYTES, KEY)

    assert COMMENT_BYTES - 4 < len(text.encode()) <= COMMENT_BYTES
    assert text.endswith(f"…\r\n\r\n[bridge {KEY}]")


def test_a_comment_of_many_lines_is_measured_as_salesforce_keeps_them() -> None:
    text = marked("a\n" * 2_000, KEY)

    assert COMMENT_BYTES - 4 < len(text.encode()) <= COMMENT_BYTES
    assert "\r" in text
    assert "\n" not in text.replace("\r\n", "")


def test_two_updates_are_one_and_the_later_value_wins_however_its_field_is_spelled() -> None:
    ref = "salesforce:Case:500Wq00000KfLmNIAV"
    first = UpdateRecord(record=ref, fields={"Status": "New", "Priority": "High"})
    later = UpdateRecord(
        object="Case", record="500Wq00000KfLmN", fields={"status": "Closed", "Origin": None}
    )

    merged = first.merged(later)

    assert merged is not None
    assert merged.fields == {"Priority": "High", "status": "Closed", "Origin": None}
    assert merged.record == ref
    assert set(merged.sets()) == {"priority", "status", "origin"}


@pytest.mark.parametrize(
    "other",
    [
        {"record": "salesforce:Case:500Wq00000KfLmOIAV"},
        {"too_long": "refuse"},
        {"allow_duplicates": True},
        {"auto_assign": False},
    ],
    ids=str,
)
def test_updates_that_differ_in_more_than_their_fields_stay_two(other: dict[str, Any]) -> None:
    values = {"record": "salesforce:Case:500Wq00000KfLmNIAV", "fields": {"Status": "New"}}

    merged = UpdateRecord.model_validate(values).merged(UpdateRecord.model_validate(values | other))

    assert merged is None


def test_an_update_goes_without_fields_in_whatever_case_they_are_written() -> None:
    whole = UpdateRecord(record="salesforce:Case:500Wq00000KfLmNIAV", fields={"A__c": 1, "b__c": 2})

    assert whole.without({"a__c"}) == whole.model_copy(update={"fields": {"b__c": 2}})


@pytest.mark.parametrize("action", [CreateRecord, UpsertRecord, AddCaseComment])
def test_nothing_but_an_update_only_sets_fields(action: Any) -> None:
    made = action.model_validate(action.examples[0])

    assert made.sets() is None
    assert made.merged(made) is None
