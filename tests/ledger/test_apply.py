"""A sighting against what is known: what it means, whether it is news, whether it came too late."""

from datetime import datetime
from itertools import permutations

import pytest
from sqlalchemy import select

from bridge.canonical.event import Act
from bridge.db import Database
from bridge.ledger import latest, store
from bridge.ledger.sighting import Sighting
from bridge.ledger.store import Applied
from bridge.ledger.tables import ChangeRow, EventRow
from ledger.sightings import CASE, at, context, seen


@pytest.fixture
def ledger(database: Database) -> "Ledger":
    return Ledger(database)


class Ledger:
    """Each sighting in a transaction of its own, as messages come."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def show(self, sighting: Sighting, **more: object) -> Applied | None:
        with self.database.transaction() as session:
            return store.apply(session, sighting, context(**more))

    @property
    def data(self) -> dict[str, object]:
        with self.database.reading() as session:
            row = store.record(session, str(CASE))
            assert row is not None
            return dict(row.data)

    @property
    def kinds(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(EventRow.kind).order_by(EventRow.seq)))

    @property
    def history(self) -> list[tuple[str, object]]:
        with self.database.reading() as session:
            rows = session.scalars(select(ChangeRow).order_by(ChangeRow.seq))
            return [(row.field, row.after) for row in rows]


def test_what_was_never_seen_is_created(ledger: Ledger) -> None:
    applied = ledger.show(seen({"severity": "high"}))

    assert applied is not None
    assert applied.before is None
    assert applied.event.kind == "feedback.created"
    assert applied.event.version == ""


@pytest.mark.parametrize("stamp", [at(30), None], ids=["stamped", "without a stamp"])
def test_a_state_shown_again_is_no_event_and_yet_something_was_told(
    ledger: Ledger, stamp: datetime | None
) -> None:
    """A field that no source reads may have changed."""
    ledger.show(seen({"severity": "high"}))

    assert ledger.show(seen({"severity": "high"}, stamp=stamp), now=at(60)) is None

    with ledger.database.reading() as session:
        row = store.record(session, str(CASE))
    assert row is not None
    assert max(row.stamp or at(0), row.updated_at) == (stamp or at(60))


def test_what_is_older_than_the_installation_was_not_created_just_now(ledger: Ledger) -> None:
    applied = ledger.show(
        seen({"severity": "high"}, second=60, created_at=at(0)), live_since=at(30)
    )

    assert applied is not None
    assert applied.event.kind == "feedback.updated"
    assert applied.event.changes == ()


def test_a_known_record_is_updated_and_its_change_is_kept(ledger: Ledger) -> None:
    ledger.show(seen({"severity": "high", "title": "Reboots"}))
    applied = ledger.show(seen({"severity": "low"}, second=2))

    assert applied is not None
    assert applied.event.kind == "feedback.updated"
    assert applied.before == {"severity": "high", "title": "Reboots"}
    assert dict(applied.event.record) == {"severity": "low", "title": "Reboots"}
    assert ledger.history[-1] == ("severity", "low")


@pytest.mark.parametrize("before", [False, None])
def test_a_box_that_became_true_shows_in_the_changes(ledger: Ledger, before: bool | None) -> None:
    ledger.show(seen({"requested": before}))
    applied = ledger.show(seen({"requested": True}, second=2))

    assert applied is not None
    (change,) = applied.event.changes
    assert (change.field, change.before, change.after) == ("requested", before, True)


def test_a_state_shown_again_is_no_event(ledger: Ledger) -> None:
    ledger.show(seen({"severity": "high"}))

    assert ledger.show(seen({"severity": "high"})) is None
    assert ledger.show(seen({"severity": "high"}, second=9)) is None
    assert ledger.kinds == ["feedback.created"]


def test_what_was_restored_may_be_deleted_again(ledger: Ledger) -> None:
    ledger.show(seen({"title": "A"}))
    deleted = {"act": Act.DELETED}

    told = [
        ledger.show(seen({}, second=second, **more))
        for second, more in (
            (2, deleted), (2, deleted), (3, {}), (2, deleted), (4, deleted), (4, deleted),
        )
    ]  # fmt: skip

    assert [one is not None for one in told] == [True, False, True, False, True, False]
    assert ledger.kinds[-1] == "feedback.deleted"


def test_a_source_narrows_what_makes_changes(ledger: Ledger) -> None:
    only = frozenset({"severity", "channel"})
    ledger.show(seen({"title": "A", "severity": "low", "channel": "web"}, tracked=only))

    quiet = ledger.show(seen({"title": "B", "channel": "mail"}, second=2, tracked=only))
    told = ledger.show(seen({"title": "C", "severity": "high"}, second=3, tracked=only))

    assert quiet is None
    assert told is not None
    assert ledger.history == [("severity", "low"), ("severity", "high")]
    assert ledger.data == {"title": "C", "severity": "high", "channel": "mail"}


def test_what_is_not_tracked_is_known_without_an_event(ledger: Ledger) -> None:
    ledger.show(seen({"channel": "mail"}))

    assert ledger.show(seen({"channel": "phone"}, second=2)) is None
    assert ledger.data == {"channel": "phone"}


def test_an_older_fact_is_recorded_and_rolls_nothing_back(ledger: Ledger) -> None:
    moved = {"severity": ("low", "medium")}
    ledger.show(seen({"severity": "high"}, second=5))
    applied = ledger.show(
        seen({"severity": "medium"}, second=3, act=Act.UPDATED, version="11", moved=moved)
    )

    assert applied is not None
    assert applied.event.stale
    assert [one.after for one in applied.event.changes] == ["medium"]
    assert ledger.data == {"severity": "high"}


def test_a_creation_that_comes_after_an_update_is_still_told(ledger: Ledger) -> None:
    ledger.show(seen({"severity": "high"}, second=5, act=Act.UPDATED, version="11"))
    applied = ledger.show(seen({"severity": "low"}, second=1, act=Act.CREATED))

    assert applied is not None
    assert (applied.event.kind, applied.event.stale) == ("feedback.created", True)
    assert ledger.data == {"severity": "high"}


def test_of_two_changes_with_one_stamp_the_vendors_numbers_say_which_is_later(
    ledger: Ledger,
) -> None:
    ledger.show(seen({"status": "todo"}, second=1))
    ledger.show(seen({"status": "done"}, second=2, act=Act.UPDATED, version="12"))
    applied = ledger.show(seen({"status": "in_progress"}, second=2, act=Act.UPDATED, version="11"))

    assert applied is not None
    assert applied.event.stale
    assert ledger.data["status"] == "done"


def test_the_same_fact_twice_is_one_event(ledger: Ledger) -> None:
    fact = seen(
        {"status": "done"}, act=Act.UPDATED, version="12", moved={"status": ("todo", "done")}
    )

    assert ledger.show(fact) is not None
    assert ledger.show(fact) is None


def test_two_writes_that_share_a_stamp_are_two_events(ledger: Ledger) -> None:
    ledger.show(seen({"severity": "low"}, second=1, version="a"))
    first = ledger.show(seen({"severity": "high"}, second=2, version="b"))
    second = ledger.show(seen({"severity": "low"}, second=2, version="b"))

    assert first is not None
    assert second is not None
    assert first.event.id != second.event.id


LOOK = seen({"status": "done"}, second=2, version="look")
LOGGED = seen(
    {"status": "done"},
    second=2,
    act=Act.UPDATED,
    version="12",
    moved={"status": ("todo", "done")},
)


@pytest.mark.parametrize("order", list(permutations([LOOK, LOGGED, LOGGED, LOOK], 4))[::3])
def test_a_look_and_the_vendors_log_tell_one_change_once(
    ledger: Ledger, order: tuple[Sighting, ...]
) -> None:
    ledger.show(seen({"status": "todo"}, second=1))

    told = [one for one in map(ledger.show, order) if one is not None]

    assert len(told) == 1
    assert ledger.history == [("status", "todo"), ("status", "done")]


def test_after_a_look_the_log_still_tells_what_the_look_did_not_see(ledger: Ledger) -> None:
    ledger.show(seen({"status": "todo", "severity": "low"}, second=1))
    ledger.show(LOOK)
    moved = {"status": ("todo", "done"), "severity": ("low", "high")}
    applied = ledger.show(
        seen({"status": "done"}, second=2, act=Act.UPDATED, version="12", moved=moved)
    )

    assert applied is not None
    assert [one.field for one in applied.event.changes] == ["severity"]


def test_to_and_fro_within_one_stamp_ends_where_the_vendor_ended(ledger: Ledger) -> None:
    ledger.show(seen({"status": "todo"}, second=1))
    ledger.show(LOOK)
    for number, before, after in (("12", "todo", "done"), ("13", "done", "todo")):
        ledger.show(
            seen(
                {"status": after},
                second=2,
                act=Act.UPDATED,
                version=number,
                moved={"status": (before, after)},
            )
        )
    applied = ledger.show(
        seen({"status": "done"}, second=2, act=Act.UPDATED, version="14", moved=LOGGED.moved)
    )

    assert applied is not None
    assert ledger.data["status"] == "done"


def test_a_record_that_its_vendor_calls_deleted_is_back_when_it_is_shown_newer(
    ledger: Ledger,
) -> None:
    """Nobody has told of either; what is older, or as old, was shown before it went."""
    ledger.show(seen({"severity": "high"}, stamp=at(2)))
    with ledger.database.transaction() as session:
        latest.refused(session, str(CASE), now=at(3))

    shown = [ledger.show(seen({"severity": "high"}, stamp=at(n))) for n in (1, 2, 4, 4, 5)]

    assert [one is not None and one.returned for one in shown] == [
        False, False, True, False, False,
    ]  # fmt: skip


def test_a_deleted_record_says_so_and_comes_back_when_it_is_seen_again(ledger: Ledger) -> None:
    ledger.show(seen({"severity": "high"}))
    gone = ledger.show(seen({}, second=2, act=Act.DELETED))
    with ledger.database.reading() as session:
        deleted = store.records(session, [str(CASE)])[str(CASE)].deleted_at
    back = ledger.show(seen({"severity": "high"}, second=3))

    assert gone is not None
    assert gone.event.kind == "feedback.deleted"
    assert deleted == at(2)
    assert back is not None
    assert back.returned
    with ledger.database.reading() as session:
        assert store.records(session, [str(CASE)])[str(CASE)].deleted_at is None


def test_an_event_reads_back_as_it_was_decided_on(ledger: Ledger) -> None:
    applied = ledger.show(seen({"severity": "high"}, customer="crm:Account:1"))
    assert applied is not None

    with ledger.database.reading() as session:
        row = store.event(session, applied.event.id)
        assert row is not None
        assert store.as_event(row) == applied.event
