"""What was changed before is kept once, as it was and by whom; the record stays as it is."""

from datetime import timedelta
from typing import Any

import pytest

from backfill.archive import DAY, MINUTE, Archive
from bridge.errors import OverBudget
from bridge.pipeline.backfill import page
from bridge.pipeline.backfill.wish import State
from pipeline.town import RULES, SOURCES

Entry = tuple[str, timedelta, str, Any, Any]
LOG: tuple[Entry, ...] = (
    ("11", 9 * DAY, "Severity", "Low", "High"),
    ("12", 7 * DAY, "Severity", "High", "Low"),
    ("13", 5 * DAY, "Severity", "Low", "High"),
    ("14", 3 * DAY, "Title", "Boots", "Reboots"),
)
SEVERITIES = [(9, "low", "high"), (7, "high", "low"), (5, "low", "high")]


@pytest.fixture
def lived(archive: Archive) -> Archive:
    """A case with a past."""
    archive.put("1", ago=3 * DAY, Title="Reboots", Severity="High")
    archive.remember("1", *LOG)
    return archive


def told(archive: Archive) -> list[tuple[str, str, str, bool]]:
    return [
        (one.kind, one.version, one.origin, one.stale) for one in archive.town.events("feedback")
    ]


def test_each_change_is_an_event_of_its_own_time_and_actor(lived: Archive) -> None:
    lived.bring(history=True)

    past = {one.version: one for one in lived.town.events("feedback") if one.version.isdecimal()}
    made = [one for one in lived.town.events("feedback.created") if one.stale]
    assert sorted(past) == ["11", "12", "13", "14"]
    assert {one.origin for one in past.values()} == {"backfill"}
    assert past["12"].occurred_at == lived.town.clock.now() - 7 * DAY
    assert past["12"].actor == {"id": "ann", "kind": "person", "name": None}
    assert lived.changes("severity") == SEVERITIES
    assert lived.changes("title") == [(3, "Boots", "Reboots")]
    assert lived.town.deliveries() == []
    assert [one.occurred_at for one in made] == [lived.town.clock.now() - 99 * DAY]


def test_it_leaves_the_record_as_it_is(lived: Archive) -> None:
    lived.tell("1")
    before = lived.town.record("crm:Case:1")
    lived.bring(history=True)
    after = lived.town.record("crm:Case:1")

    assert (after.stamp, after.version) == (before.stamp, before.version)
    assert (after.data["severity"], after.data["title"]) == ("high", "Reboots")
    assert (after.status_at, after.changed_at) == (before.status_at, before.changed_at)


def test_a_second_run_adds_nothing(lived: Archive) -> None:
    lived.bring(history=True)
    once = told(lived)
    again = lived.bring(history=True)

    assert (again.known, again.total, again.brought) == (1, 1, 1)
    assert told(lived) == once
    assert lived.changes("severity") == SEVERITIES


def test_what_a_message_told_is_not_told_again(lived: Archive) -> None:
    """By its number; and the rest is added around it."""
    stamp = (lived.town.clock.now() - 5 * DAY).isoformat()
    lived.town.tell("crm", {
        "object": "Case", "id": "1", "act": "updated", "version": "13", "stamp": stamp,
        "fields": {"Severity": "High"}, "moved": {"Severity": ["Low", "High"]},
    })  # fmt: skip
    lived.town.settle()
    lived.bring(history=True)

    assert [one.origin for one in lived.town.events("feedback") if one.version == "13"] == [
        "webhook"
    ]
    assert lived.changes("severity") == SEVERITIES


def test_what_a_look_has_told_is_not_told_again(archive: Archive) -> None:
    """A look has no number of a change; it tells the last of those since the look before."""
    archive.put("1", ago=10 * DAY, Severity="Low")
    archive.tell("1")
    archive.put("1", ago=4 * DAY, Severity="High")
    archive.tell("1")
    archive.remember("1", *LOG[:3])
    archive.bring(history=True)
    archive.bring(history=True)

    looked = [change for change in archive.changes("severity") if change[0] == 4]
    assert looked == [(4, "low", "high")]
    assert archive.changes("severity")[-3:] == [*SEVERITIES[:2], *looked]


def test_a_rule_that_names_the_origin_hears_of_each_change(lived: Archive) -> None:
    asks = RULES.replace("    if: changed.title", "    origins: [backfill]\n    if: changed.title")
    asks = asks.replace(
        'each: {linked: work_item}\n    do: [{tracker.update_issue: {summary: "${feedback.title}"}}]',
        'do: [{chat.post: {channel: old, title: "${feedback.title}"}}]',
    )
    lived.town.live_by(asks)
    lived.bring(history=True)

    assert len(lived.town.deliveries("update")) == 1


def test_what_was_changed_since_the_horizon_is_left_to_its_message(archive: Archive) -> None:
    """A message that tells of it later must be news still."""
    archive.put("1", ago=timedelta(seconds=10), Severity="Low")
    archive.tell("1")
    archive.remember("1", LOG[0], ("15", timedelta(seconds=10), "Product", "Router", "Switch"))
    archive.bring(history=True)

    assert [one.version for one in archive.town.events("feedback") if one.version.isdecimal()] == [
        "11"
    ]


def test_a_record_that_no_source_takes_has_no_past_either(archive: Archive) -> None:
    archive.town.live_by(
        RULES,
        sources=SOURCES.replace(
            "    as: feedback", '    only: record.Product == "Router"\n    as: feedback'
        ),
    )
    archive.put("1", Product="Switch")
    archive.remember("1", *LOG)
    row = archive.bring(history=True)

    assert (row.state, archive.town.events()) == (State.DONE, [])


def test_a_long_past_comes_in_several_messages_and_none_is_lost(archive: Archive) -> None:
    count = 2 * page.ENTRIES + 7
    words = ["Low", "High"]
    archive.put("1", Severity=words[count % 2])
    archive.remember("1", *(
        (str(number), 2 * DAY + (count - number) * MINUTE, "Severity", words[number % 2], words[(number + 1) % 2])
        for number in range(count)
    ))  # fmt: skip
    archive.bring(history=True)

    assert archive.messages() == {"backfill translated": 3}
    assert len(archive.changes("severity")) == count


def test_what_was_read_when_the_budget_ended_is_not_read_again(archive: Archive) -> None:
    archive.fill(10)
    for number in range(10):
        archive.remember(f"{number:05}", LOG[0])
    asked = archive.begin(history=True)
    over = OverBudget("nothing is left", retry_after=2.0)
    archive.town.vendors["crm"].silent_pasts = [None] * 6 + [over, over]
    archive.town.backfilling.step()
    first = archive.row(asked)
    archive.town.backfilling.step()
    second = archive.row(asked)
    archive.town.wait(5)

    assert (first.done, second.done, second.problem) == (6, 6, "nothing is left")
    assert second.not_before - archive.town.clock.now() < timedelta(0)
    assert archive.row(asked).state == State.DONE
    assert len(archive.changes("severity")) == 10
