"""What an audit finds: what agrees, what does not and why, and what is left alone."""

import pytest

from bridge.errors import PermanentError
from bridge.pipeline.drift import store
from drift.auditor import Auditor
from syncing.pair import SYNC


def test_a_pair_in_step_is_in_step(auditor: Auditor) -> None:
    found = auditor.run()

    assert found.state == "done"
    assert found.counts == {"links": 1, "in_step": 1, "fields": 5, "fields_in_step": 5}
    assert store.share(found.counts) == 1.0
    assert auditor.differences(found.id) == []
    assert auditor.pair.town.said.down == {}


def test_what_no_message_told_is_lost(auditor: Auditor) -> None:
    auditor.pair.edit("crm", Title="Reboots twice")
    auditor.pair.clock.advance(300)

    found = auditor.run()

    (one,) = auditor.differences(found.id)
    assert (one.field, one.cause, one.writes) == ("title", "lost", "tracker:issue:7")
    assert (one.left_value, one.right_value, one.private) == ("Reboots twice", "Reboots", True)
    assert one.reason == "crm has changed it, and no message told"
    assert (found.counts["lost"], store.share(found.counts)) == (1, 0.0)
    assert auditor.pair.town.said.down["drift"] == "0.0% of 1 linked pairs agree, less than 99.0%"
    assert auditor.pair.tracker.writes == []


def test_an_edit_against_the_owner_is_found_and_the_owner_counts(auditor: Auditor) -> None:
    """The date is the tracker's."""
    auditor.pair.edit("crm", Promised="2026-12-24T00:00:00Z")
    auditor.pair.clock.advance(300)

    found = auditor.run()

    assert auditor.told(found) == [("promised/due", "lost", "crm:Case:1")]


def test_what_a_sync_did_not_keep_before_is_edited(auditor: Auditor) -> None:
    pair = auditor.pair
    body = "      - {crm: body, tracker: body, owner: latest}\n"
    pair.live_by(SYNC.replace(body, ""))
    pair.change("crm", Body="In the morning")
    pair.live_by(SYNC)
    pair.clock.advance(300)

    found = auditor.run()

    assert auditor.told(found) == [("body", "edited", "tracker:issue:7")]


def test_the_last_word_counts_also_where_nobody_told_of_it(auditor: Auditor) -> None:
    """The two have never agreed on it, so it goes by who changed it last: the case, without a message."""
    pair = auditor.pair
    body = "      - {crm: body, tracker: body, owner: latest}\n"
    pair.live_by(SYNC.replace(body, ""))
    pair.change("tracker", text="In the morning")
    pair.edit("crm", Body="At noon")
    pair.live_by(SYNC)
    pair.clock.advance(300)

    found = auditor.run()
    auditor.repair(found.id)

    assert auditor.told(found) == [("body", "lost", "tracker:issue:7")]
    assert (pair.case("Body"), pair.issue("text")) == ("At noon", "At noon")


def test_what_was_refused_says_why(auditor: Auditor) -> None:
    pair = auditor.pair
    pair.tracker.refusals.append(PermanentError("the field is locked", code="400"))
    pair.hear(pair.edit("crm", Title="Reboots twice"))
    pair.clock.advance(300)

    found = auditor.run()

    (one,) = auditor.differences(found.id)
    assert one.cause == "refused"
    assert "the field is locked" in one.reason


def test_what_is_on_its_way_is_no_drift(auditor: Auditor) -> None:
    """It was owed, and has not gone out yet."""
    auditor.pair.town.receive("crm", auditor.pair.edit("crm", Title="Reboots twice"))
    auditor.pair.town.intake.drain()
    auditor.pair.clock.advance(300)

    found = auditor.run()

    assert found.counts["under_way"] == 1
    assert auditor.differences(found.id) == []
    assert store.share(found.counts) is None


def test_what_was_changed_a_moment_ago_is_left_to_its_message(auditor: Auditor) -> None:
    auditor.pair.edit("crm", Title="Reboots twice")

    found = auditor.run()

    assert found.counts["under_way"] == 1


def test_a_record_that_stops_its_sync_is_not_compared(auditor: Auditor) -> None:
    auditor.pair.change("crm", Product="Stopped")
    auditor.pair.change("crm", Title="Reboots twice")
    auditor.pair.clock.advance(300)

    found = auditor.run()

    assert found.counts["stopped"] == 1


def test_a_record_that_is_gone_and_one_that_no_source_takes_are_differences(
    auditor: Auditor,
) -> None:
    del auditor.pair.tracker.records["7"]
    auditor.pair.edit("crm", Severity="Unheard of")
    auditor.pair.clock.advance(300)

    found = auditor.run()

    assert auditor.told(found) == [("", "unmapped", ""), ("", "lost", "")]
    assert found.counts["drifted"] == 1


def test_a_system_that_is_not_called_is_waited_for(auditor: Auditor) -> None:
    auditor.pair.town.pause("tracker")
    drift = auditor.begin()
    auditor.work()
    waiting = auditor.row(drift)
    auditor.pair.resume("tracker")
    auditor.pair.clock.advance(300)

    auditor.work()

    assert "tracker is not called now" in waiting.problem
    assert (auditor.row(drift).state, auditor.row(drift).problem) == ("done", "")


@pytest.mark.parametrize(("sample", "compared"), [(None, 12), (5, 5), (12, 12), (100, 12)])
def test_a_sample_is_of_so_many_links_and_none_is_counted_twice(
    small_auditor: Auditor, sample: int | None, compared: int
) -> None:
    """Two links a step, each step by a node that has just begun."""
    small_auditor.link_strangers(11)
    small_auditor.chunk = 2

    found = small_auditor.run(sample=sample)

    assert found.state == "done"
    assert found.counts["links"] == compared
    assert found.counts.get("unknown", 0) in {compared, compared - 1}


def test_a_share_that_is_good_again_lifts_the_alarm(auditor: Auditor) -> None:
    message = auditor.pair.edit("crm", Title="Reboots twice")
    auditor.pair.clock.advance(300)
    auditor.run()
    auditor.pair.hear(message)
    auditor.pair.quiet()
    auditor.pair.clock.advance(300)

    auditor.run()

    assert auditor.pair.town.said.lifted == ["drift"]
