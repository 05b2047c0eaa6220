"""How the fields of a record stand that a sync keeps: for whoever explains it, and for nobody else's eyes."""

import pytest

from bridge.pipeline.explaining.event import explain
from bridge.pipeline.explaining.record import ExplainedRecord
from bridge.pipeline.syncing.standings import FieldStanding
from syncing.pair import Pair

STANDS = """\
In sync pair with 00001:
  title: in step: they agree as they did
    crm (not shown); tracker (not shown); owner: latest
  body: in step: they agree as they did
    crm (not shown); tracker (not shown); owner: latest
  severity/priority: conflict: both ends have changed it
    crm critical; tracker Low; owner: ask
  promised/due: in step: they agree as they did
    crm nothing; tracker nothing; owner: tracker
  status: in step: they agree as they did
    crm todo; tracker todo; owner: latest
"""


@pytest.fixture
def asked(pair: Pair) -> Pair:
    """Both ends have changed how bad it is, and a person is to say what counts."""
    early = pair.edit("crm", Severity="Critical")
    pair.hear(pair.edit("tracker", priority="Low"), early)
    pair.quiet()
    return pair


def fields(found: ExplainedRecord) -> dict[str, FieldStanding]:
    return {one.pair: one for sync in found.syncs for one in sync.fields}


def test_the_page_of_a_record_shows_each_synced_field_with_values_owner_and_why(
    asked: Pair,
) -> None:
    issue, case = (asked.town.story(name).text for name in ("T-7", "00001"))

    assert STANDS in issue
    assert "  sync pair: severity/priority to crm: tracker has changed it\n" in issue
    assert "  sync pair: severity/priority: both ends have changed it\n" in case
    assert "Reboots" not in issue + case


def test_a_day_is_told_as_a_day(pair: Pair) -> None:
    pair.town.pause("crm")
    pair.hear(pair.edit("tracker", due="2026-12-24"))

    page = pair.town.story("T-7").text

    assert "  promised/due: crm gets 2026-12-24, with what is on its way there already" in page
    assert "    crm nothing; tracker 2026-12-24; owner: tracker\n" in page


def test_what_is_on_its_way_and_what_is_stopped_is_told(pair: Pair) -> None:
    pair.town.pause("tracker")
    pair.hear(pair.edit("crm", Severity="Critical"))
    waits = fields(pair.town.story("00001"))["severity/priority"]
    pair.hear(pair.edit("tracker", labels=["no-sync"]))
    stopped = fields(pair.town.story("00001"))["severity/priority"]

    assert (waits.outcome, waits.writes, waits.on_its_way) == ("write", "tracker", True)
    assert (waits.action, waits.sets, waits.value) == (
        "tracker.set_issue",
        "priority",
        "Highest",
    )
    assert waits.values == {"crm": "critical", "tracker": "High"}
    assert (stopped.outcome, stopped.writes, stopped.value) == ("left_alone", "", None)
    assert stopped.reason == "stopped at tracker: neither end is written"


def test_one_sync_alone_can_be_asked_about_and_another_rule_has_none(asked: Pair) -> None:
    assert [one.sync for one in asked.town.story("00001", rule="sync:pair").syncs] == ["pair"]
    assert asked.town.story("00001", rule="another").syncs == ()


def test_the_page_of_an_event_leads_to_how_the_fields_stand_now(asked: Pair) -> None:
    event = asked.town.events("feedback")[-1]

    with asked.database.reading() as session:
        (found,) = explain(session, asked.town.world, event.id)

    assert "    - severity/priority: both ends have changed it\n" in found.text
    assert "  how they stand now: bridge explain crm:Case:1\n" in found.text
