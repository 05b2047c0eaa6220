"""Vendor values as canonical values: every type, and what does not fit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.canonical.kind import standard
from bridge.rules.reading import UNKNOWN, at, coerce
from bridge.rules.sources import SourceError
from rules.snapshots import record, source


def test_a_missing_path_is_unknown_unless_the_snapshot_is_whole() -> None:
    found = source("{title: Subject, product: Account.Line, channel: Channel}")
    fields = {"Subject": None, "Account": None}

    assert record(found, fields, complete=False) == {"title": None, "product": None}
    assert record(found, fields) == {"title": None, "product": None, "channel": None}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("flat.name", 2),
        ("list.name", ["x", "y"]),
        ("a.c", UNKNOWN),
        ("none.x", None),
        ("a.b.c", UNKNOWN),
        ("list.gone", []),
    ],
)
def test_a_path_is_flat_then_deep_then_over_a_list(path: str, value: object) -> None:
    fields = {
        "a": {"b": 1},
        "flat.name": 2,
        "list": [{"name": "x"}, {"name": "y"}, {"name": None}],
        "none": None,
    }

    assert at(fields, path) == value


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("title", "x", "x"),
        ("title", 12, "12"),
        ("title", 12.0, "12"),
        ("title", {"name": "High", "id": "1"}, "High"),
        ("score", "4.5", 4.5),
        ("score", 4, 4.0),
        ("requested", "true", True),
        ("requested", False, False),
        ("requested", "No", False),
        ("severity", "High", "high"),
        ("status", "In Progress", "in_progress"),
        ("promised", "2026-11-23T10:55:30.101+0100", "2026-11-23T09:55:30.101000Z"),
        ("promised", "2026-11-23T09:55:12.000Z", "2026-11-23T09:55:12Z"),
        ("promised", "2026-11-23T09:55:12.000+0000", "2026-11-23T09:55:12Z"),
        ("promised", "2026-11-23", "2026-11-23T00:00:00Z"),
        ("title", None, None),
    ],
)
def test_a_value_becomes_what_its_field_is(name: str, raw: object, value: object) -> None:
    assert record(source(f"{{{name}: F}}"), {"F": raw}) == {name: value}


@pytest.mark.parametrize(
    ("name", "raw"),
    [("score", "many"), ("score", True), ("score", "nan"), ("requested", "perhaps"),
     ("promised", "soon"), ("promised", 12), ("severity", "urgent"), ("product", {"a": 1})],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_an_error_that_says_what_came(name: str, raw: object) -> None:
    with pytest.raises(
        SourceError, match=f"source s: {name}: no|source s: {name}: 'urgent'"
    ) as caught:
        record(source(f"{{{name}: F}}"), {"F": raw})

    assert caught.value.detail["field"] == name


def test_what_people_wrote_is_not_in_an_error() -> None:
    with pytest.raises(SourceError) as caught:
        record(source("{title: F}"), {"F": {"secret": "word"}})

    assert "word" not in str(caught.value)


def test_lists_money_and_people() -> None:
    fields = "{labels: labels, fix_versions: fixVersions.name, assignee: {id: a.accountId, name: a.displayName}, cost_planned: cost, sprint: sprints.name}"
    found = source(fields, kind="work_item")
    raw = {
        "labels": ["a", "b"],
        "fixVersions": [{"name": "2.4"}],
        "a": {"accountId": "u1", "displayName": "Dana"},
        "cost": 1250.5,
        "sprints": [{"name": "S1"}, {"name": "S2"}],
    }

    assert record(found, raw) == {
        "labels": ["a", "b"],
        "fix_versions": ["2.4"],
        "assignee": {"id": "u1", "name": "Dana"},
        "cost_planned": {"amount": "1250.5"},
        "sprint": "S2",
    }
    assert record(found, {"a": None, "labels": []})["assignee"] is None


def test_a_record_it_reads_is_one_its_kind_takes() -> None:
    found = source("{score: {field: S, scale: [1, 5]}, promised: P, requested: R, severity: V}")

    read = record(found, {"S": 3, "P": "2026-11-23", "R": True, "V": "low"})

    assert found.model.model_validate(read).model_dump(exclude_unset=True)["score_max"] == 5.0
    assert (read["score_min"], read["score_max"]) == (1.0, 5.0)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    )
)
def test_any_value_fits_or_is_refused(raw: Any) -> None:
    for kind in standard():
        for name, info in kind.model.model_fields.items():
            try:
                value = coerce(raw, info.annotation)
            except ValueError:
                continue
            kind.model.model_validate({name: value})
            assert value is not UNKNOWN
