"""Which fields changed: unknown is not empty, the vendor's log wins, a first sight claims little."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.canonical.event import Act
from bridge.ledger.compare import changes, merged, stale_changes
from ledger.sightings import KINDS, seen

TRACKED = KINDS["feedback"].tracked
NAMES = ("title", "severity", "status", "score", "channel")  # the last is not tracked
VALUES = st.none() | st.sampled_from(["high", "low"]) | st.integers(0, 3)
RECORDS = st.dictionaries(st.sampled_from(NAMES), VALUES)
MOVED = st.dictionaries(st.sampled_from(NAMES), st.tuples(VALUES, VALUES))


@given(before=RECORDS, record=RECORDS)
def test_what_a_sighting_does_not_say_stays_as_it_was(
    before: dict[str, Any], record: dict[str, Any]
) -> None:
    after = merged(before, seen(record))

    assert {name: after[name] for name in record} == record
    assert {name: after[name] for name in before if name not in record} == {
        name: value for name, value in before.items() if name not in record
    }


@given(before=RECORDS, record=RECORDS)
def test_a_change_is_a_tracked_field_that_was_said_and_differs(
    before: dict[str, Any], record: dict[str, Any]
) -> None:
    found = {one.field: (one.before, one.after) for one in changes(before, seen(record), TRACKED)}

    assert found == {
        name: (before.get(name), value)
        for name, value in record.items()
        if name in TRACKED and before.get(name) != value
    }


@given(before=RECORDS, record=RECORDS)
def test_to_look_twice_changes_nothing_more(before: dict[str, Any], record: dict[str, Any]) -> None:
    sighting = seen(record)

    assert changes(merged(before, sighting), sighting, TRACKED) == ()


@given(before=RECORDS | st.none(), record=RECORDS, moved=MOVED)
def test_the_vendors_own_log_wins_over_comparison(
    before: dict[str, Any] | None, record: dict[str, Any], moved: dict[str, tuple[Any, Any]]
) -> None:
    sighting = seen(record, act=Act.UPDATED, moved=moved)
    found = {one.field: (one.before, one.after) for one in changes(before, sighting, TRACKED)}

    logged = {name: pair for name, pair in moved.items() if name in TRACKED}
    assert {name: found.get(name) for name in logged} == {
        name: pair if pair[0] != pair[1] else None for name, pair in logged.items()
    }


@given(record=RECORDS, moved=MOVED)
def test_a_record_first_seen_changed_gives_no_more_than_the_log(
    record: dict[str, Any], moved: dict[str, tuple[Any, Any]]
) -> None:
    sighting = seen(record, act=Act.UPDATED, moved=moved)

    assert changes(None, sighting, TRACKED) == stale_changes(sighting, TRACKED)


def test_a_wish_on_a_record_that_was_not_known_is_news() -> None:
    requests = KINDS["feedback"].requests
    wished, idle = (seen({"requested": one, "severity": "high"}) for one in (True, False))

    first = changes(None, wished, TRACKED, requests=requests)
    again = changes({"requested": True}, wished, TRACKED | {"severity"}, requests=requests)

    assert [(one.field, one.before, one.after) for one in first] == [("requested", None, True)]
    assert [one.field for one in again] == ["severity"]
    assert changes(None, idle, TRACKED, requests=requests) == ()
    assert changes(None, wished, TRACKED - requests, requests=requests) == ()


def test_a_new_record_gives_the_values_it_was_created_with() -> None:
    sighting = seen({"severity": "high", "title": None, "channel": "mail"}, act=Act.CREATED)

    assert [(one.field, one.before, one.after) for one in changes(None, sighting, TRACKED)] == [
        ("severity", None, "high")
    ]


def test_empty_is_news_and_unknown_is_not() -> None:
    before = {"severity": "high", "score": 3}

    assert [one.field for one in changes(before, seen({"severity": None}), TRACKED)] == ["severity"]
    assert changes(before, seen({}), TRACKED) == ()
