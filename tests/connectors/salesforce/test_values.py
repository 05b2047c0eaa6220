"""Values as the field's describe wants them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.salesforce.metadata import Describe
from bridge.connectors.salesforce.payloads import FieldDescribe, ObjectDescribe
from bridge.connectors.salesforce.values import converted, cut_bytes, cut_units, prepared
from bridge.errors import PermanentError
from connectors.salesforce.describes import (
    CASE_FIELDS,
    field_describe,
    object_describe,
    picklist,
)

CASE = Describe(ObjectDescribe.model_validate(object_describe("Case", CASE_FIELDS)))
STATUS = picklist(("in_progress", "In Progress"), ("done", "Done"), ("Done", "Finished"))
SHANGHAI = timezone(timedelta(hours=8))


def field(kind: str, **members: Any) -> FieldDescribe:
    return FieldDescribe.model_validate(field_describe("F__c", kind, **members))


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("boolean", True, True),
        ("boolean", "Yes", True),
        ("boolean", "off", False),
        ("boolean", None, False),
        ("boolean", 1, True),
        ("int", "3", 3),
        ("int", 3.0, 3),
        ("double", "2.50", 2.5),
        ("currency", Decimal("10.00"), 10),
        ("date", date(2026, 11, 23), "2026-11-23"),
        ("date", "2026-11-23", "2026-11-23"),
        ("date", datetime(2026, 11, 24, 1, tzinfo=SHANGHAI), "2026-11-23"),
        ("date", "2026-11-24T01:00:00+0800", "2026-11-23"),
        ("datetime", datetime(2026, 11, 23, 9, 0, 0, 987, tzinfo=UTC), "2026-11-23T09:00:00.000Z"),
        ("datetime", "2026-11-23T17:00:00+08:00", "2026-11-23T09:00:00.000Z"),
        ("datetime", "2026-11-23", "2026-11-23T00:00:00.000Z"),
        ("datetime", "2026-11-23T09:00:00", "2026-11-23T09:00:00.000Z"),
        ("multipicklist", ["a", "b", "a"], "a;b"),
        ("multipicklist", "a; b;;", "a;b"),
        ("multipicklist", [" "], None),
        ("multipicklist", ["a;b", ";"], "a;b"),
        ("reference", "001Wq00000AccTX", "001Wq00000AccTXIAZ"),
        ("reference", "salesforce:Account:001Wq00000AccTX", "001Wq00000AccTXIAZ"),
        ("string", "text", "text"),
        ("string", 5, "5"),
        ("string", True, "true"),
        ("string", ["a", "b"], "a, b"),
        ("string", "", None),
        ("string", "a\x00\ud800b", "a\ufffd?b"),
        ("string", "  two\nlines ", "two lines"),
        ("string", " \n", None),
        ("textarea", "  a\nb\r\nc\rd\n\n", "  a\r\nb\r\nc\r\nd"),
        ("picklist", None, None),
        ("picklist", " ", None),
        ("picklist", [[]], None),
        ("textarea", datetime(2026, 11, 23, tzinfo=UTC), "2026-11-23T00:00:00+00:00"),
        ("url", "https://x.example/1", "https://x.example/1"),
    ],
)
def test_a_value_is_sent_as_its_field_wants_it(kind: str, value: Any, sent: Any) -> None:
    assert converted(field(kind), value) == sent
    assert type(converted(field(kind), value)) is type(sent)


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("boolean", "maybe", "checkbox"),
        ("int", "3.5", "whole number"),
        ("double", "many", "number"),
        ("double", float("nan"), "number"),
        ("double", True, "number"),
        ("double", "1e400", "18 digits"),
        ("date", "soon", "ISO 8601"),
        ("datetime", 1795423267, "ISO 8601"),
        ("datetime", "0001-01-01T00:00:00+08:00", "calendar"),
        ("reference", "Acme", "record's id"),
        ("reference", "a:b:", "record's id"),
        ("string", {"a": 1}, "not an object"),
        ("address", {"street": "x"}, "parts"),
        ("url", "https://x.example/" + "a" * 300, "255"),
        ("email", "a" * 300, "255"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_what_would_be_right(
    kind: str, value: Any, says: str
) -> None:
    with pytest.raises(PermanentError, match=rf"F__c.*{says}"):
        converted(field(kind), value)


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("in_progress", "in_progress"),
        ("In Progress", "in_progress"),
        ("IN PROGRESS", "in_progress"),
        ("Done", "Done"),
        ("done", "done"),
        ("Finished", "Done"),
        ("Elsewhere", "Elsewhere"),
    ],
)
def test_a_label_stands_for_its_value_and_the_unknown_is_salesforces_to_refuse(
    said: str, sent: str
) -> None:
    assert converted(field("picklist", picklistValues=STATUS), said) == sent


def test_a_label_that_is_no_longer_in_use_stands_for_nothing() -> None:
    old = [{**each, "active": False} for each in STATUS]

    assert converted(field("picklist", picklistValues=old), "In Progress") == "In Progress"


def test_numbers_are_rounded_as_the_field_keeps_them() -> None:
    assert converted(field("double", scale=2), 1.005) == 1.01
    assert converted(field("percent", scale=0), "99.5") == 100


def test_text_is_cut_to_its_field_unless_it_is_a_key_or_must_not() -> None:
    keyed = field("string", unique=True)
    long = "x" * 300

    assert converted(field("string"), long) == "x" * 254 + "…"
    for refusing in (keyed, field("string", externalId=True), field("phone", length=40)):
        with pytest.raises(PermanentError, match="not cut"):
            converted(refusing, long)
    with pytest.raises(PermanentError, match="not cut"):
        converted(field("string"), long, too_long="refuse")


def test_an_unknown_field_is_answered_with_the_nearest() -> None:
    with pytest.raises(PermanentError, match="did you mean Jira_Status__c") as caught:
        prepared(CASE, {"Jira_Staus__c": "Done"})

    assert caught.value.code == "unknown_field"


def test_names_are_put_right_and_read_only_fields_refused() -> None:
    assert prepared(CASE, {"jira_status__C": "Done"}) == {"Jira_Status__c": "Done"}
    with pytest.raises(PermanentError, match="CaseNumber is read-only"):
        prepared(CASE, {"CaseNumber": "1"})


def test_a_parent_may_be_named_by_its_external_id() -> None:
    assert prepared(CASE, {"contact": {"Email_Ext__c": "a@b.example"}}) == {
        "Contact": {"Email_Ext__c": "a@b.example"}
    }


@given(st.text(), st.integers(2, 20))
def test_cutting_never_leaves_half_a_character(text: str, limit: int) -> None:
    cut = cut_units(text, limit)

    assert len(cut.encode("utf-16-le", "surrogatepass")) <= 2 * limit
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))


@given(st.text(), st.integers(3, 20))
def test_cutting_by_bytes_never_leaves_half_a_character(text: str, limit: int) -> None:
    cut = cut_bytes(text, limit)

    assert len(cut.encode()) <= limit
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))


KINDS = ["boolean", "int", "double", "date", "datetime", "picklist", "multipicklist", "string"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([*KINDS, "reference", "url", "textarea", "address", "new"]), ANYTHING)
def test_any_value_becomes_one_to_send_or_a_refusal(kind: str, value: Any) -> None:
    try:
        sent = converted(field(kind, picklistValues=STATUS), value)
    except PermanentError:
        return

    assert sent is None or isinstance(sent, str | int | float)
    assert converted(field(kind, picklistValues=STATUS), sent) == sent
