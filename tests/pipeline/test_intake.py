"""Intake: what cannot be read stops nothing but itself, and what cannot be read now waits."""

from dataclasses import replace

import pytest

from bridge.db import Database
from bridge.errors import CredentialError, RuleError, TransientError
from bridge.outbox.tables import ConnectionRow
from clocks import FakeClock
from pipeline.town import RULES, SOURCES, Town
from pipeline.vendors import connector

PEOPLE = "version: 1\npeople: [{name: Ann, department: engineering, identities: {tracker: ANN}}]"
WHOLE = SOURCES.replace("as: feedback\n", "as: feedback\n    reread: true\n", 1)


def test_a_value_no_map_knows_marks_its_message_bad_and_nothing_else(town: Town) -> None:
    bad = town.case("1", Title="Reboots", Severity="Urgent")
    good = town.case("2", Title="Crashes", Severity="Critical")

    town.settle()

    assert town.message(bad).state == "bad"
    assert "severity: map `level` has no `Urgent`" in town.message(bad).reason
    assert town.message(good).state == "translated"
    assert [row["summary"] for row in town.tracker.records.values()] == ["Crashes"]
    assert "severity: map `level` has no" in town.said.down["bad:crm"]


def test_the_good_half_of_a_bad_message_counts(town: Town) -> None:
    told = town.tell(
        "crm",
        {"object": "Case", "id": "1", "fields": {"Severity": "Urgent"}},
        {"object": "Case", "id": "2", "fields": {"Severity": "Critical", "Title": "Crashes"}},
    )

    town.settle()

    assert town.message(told).state == "bad"
    assert [row.subject for row in town.events("feedback")] == ["crm:Case:2"]


def test_a_mended_source_reads_the_message_again(town: Town) -> None:
    bad = town.case("1", Title="Reboots", Severity="Urgent")
    town.settle()
    town.live_by(sources=SOURCES.replace("Low: low}", "Low: low, Urgent: critical}"))

    town.read_again(bad)

    assert town.message(bad).state == "translated"
    assert len(town.tracker.records) == 1


@pytest.mark.parametrize(
    ("body", "state", "reason"),
    [
        (b"{", "bad", "not JSON"),
        (b"[]", "ignored", "nothing happened"),
        (b'["bug"]', "bad", "bug: ZeroDivisionError; see the log"),
        (
            b'[{"object": "Account", "id": "1", "stamp": "2026-11-23T09:00:00Z"}]',
            "ignored",
            "no source takes it, or its `only` says no",
        ),
    ],
)
def test_each_end_says_why(small_town: Town, body: bytes, state: str, reason: str) -> None:
    told = small_town.receive("crm", body)

    small_town.settle()

    assert (small_town.message(told).state, small_town.message(told).reason) == (state, reason)


def test_a_message_of_a_connection_that_is_gone_is_kept_as_bad(small_town: Town) -> None:
    told = small_town.receive("old-crm", b"[]")

    small_town.settle()

    assert small_town.message(told).reason == "connection 'old-crm' is not configured any more"


def test_a_source_that_rereads_sees_the_live_record(small_town: Town) -> None:
    small_town.live_by(sources=WHOLE)
    small_town.crm.records["1"] = {
        "Title": "Now",
        "Severity": "Critical",
        "stamp": small_town.clock.now(),
    }
    small_town.case("1", Title="Then")

    small_town.settle()

    assert small_town.record("crm:Case:1").data["title"] == "Now"


def test_a_record_that_is_gone_when_it_is_reread_was_deleted(small_town: Town) -> None:
    small_town.live_by(sources=WHOLE)
    small_town.case("1", Title="Then")

    small_town.settle()

    assert [row.kind for row in small_town.events()] == ["feedback.deleted"]


def test_a_reread_that_gets_no_answer_waits_and_loses_nothing(small_town: Town) -> None:
    small_town.live_by(sources=WHOLE)
    small_town.crm.trouble.append(TransientError("503"))
    small_town.crm.records["1"] = {"Severity": "Critical", "stamp": small_town.clock.now()}
    told = small_town.case("1")
    small_town.settle()
    waiting = small_town.message(told)

    small_town.wait(31)

    assert (waiting.state, waiting.reason) == ("pending", "re-read again later: 503")
    assert small_town.message(told).state == "translated"


def test_bad_credentials_pause_the_connection_and_keep_the_message(small_town: Town) -> None:
    small_town.live_by(sources=WHOLE)
    small_town.crm.trouble.append(CredentialError("401"))
    told = small_town.case("1")

    small_town.settle()

    assert small_town.message(told).state == "pending"
    assert "crm does not accept our credentials" in small_town.said.down["connection:crm"]
    with small_town.database.reading() as session:
        assert session.get_one(ConnectionRow, "crm").state == "credentials"


def test_a_database_that_breaks_off_blames_no_message(small_town: Town) -> None:
    told = small_town.case("1", Severity="Critical", Title="Reboots")
    small_town.case("2", Severity="Critical", Title="Crashes")
    small_town.break_off_at("INSERT INTO event ", times=2)
    small_town.settle()
    after = small_town.message(told)
    small_town.wait(31)

    assert after.state == "pending"
    assert small_town.message(told).state == "translated"
    assert len(small_town.tracker.records) == 2


def test_a_node_that_cannot_load_the_active_set_drains_nothing(town: Town) -> None:
    told = town.case("1", Severity="Critical")
    town.spoil_rules()
    town.forget_compiled()

    with pytest.raises(RuleError):
        town.intake.drain()

    assert town.message(told).state == "pending"


def test_a_set_that_changes_in_mid_batch_to_one_we_cannot_load_blames_no_message(
    town: Town,
) -> None:
    """Another node, of a newer version, activates what this one does not understand."""
    told = town.case("1", Severity="Critical", Title="Reboots")
    newer = {"rules/r.yaml": "version: 2"}
    town.crm.reads = lambda: town.activate_unread("future", newer)
    town.live_by(sources=WHOLE)
    town.crm.records["1"] = {"Severity": "Critical", "stamp": town.clock.now()}

    town.intake.drain()
    with pytest.raises(RuleError):
        town.intake.drain()
    after = town.message(told)
    town.crm.reads = lambda: None
    town.live_by()
    town.settle()

    assert (after.state, after.claims, after.leased_until) == ("pending", 0, None)
    assert town.message(told).state == "translated"


def test_what_was_read_with_one_set_is_not_decided_with_another(town: Town) -> None:
    """The maps of its sources and the rules of a set belong together: each says whose it is here."""
    sources, rules = (
        WHOLE.replace("title: Title", "title: {field: Title, map: named}").replace(
            "maps: {", "maps: {named: {Reboots: v1}, "
        ),
        RULES.replace('"${feedback.title}"', '"v1 ${feedback.title}"'),
    )
    town.live_by(rules, sources=sources)
    new = {
        "sources/s.yaml": sources.replace("v1", "v2"),
        "rules/r.yaml": rules.replace("v1", "v2"),
    }
    switched = town.world.sets.compile(new).hash
    town.crm.records["1"] = {"Severity": "Critical", "Title": "Reboots", "stamp": town.clock.now()}
    told = town.case("1")
    town.crm.reads = lambda: town.activate_unread(switched, new)

    town.intake.drain()
    after = town.message(told)
    town.crm.reads = lambda: None
    town.settle()

    (event,) = town.events("feedback.created")
    assert (after.state, after.claims) == ("pending", 0)
    assert [row["summary"] for row in town.tracker.records.values()] == ["v2 v2"]
    assert {event.rule_version, *(row.rule_version for row in town.deliveries())} == {switched}
    assert {row.rule_version for row in town.decisions()} == {switched}


def test_people_are_known_by_the_other_spelling_of_their_account(sqlite_database: Database) -> None:
    upper = replace(connector("tracker"), spellings=lambda one: (one, one.upper()))
    vendors = {name: connector(name) for name in ("crm", "chat")} | {"tracker": upper}
    town = Town(database=sqlite_database, clock=FakeClock(), connectors=vendors)
    sources = SOURCES.replace("key: key,", "assignee: {id: who}, key: key,")
    town.live_by(sources=sources, people=PEOPLE)

    town.issue("1", who="ann")
    town.settle()

    assert town.record("tracker:issue:1").data["assignee"]["department"] == "engineering"


def test_what_a_person_deleted_takes_its_link_along(town: Town) -> None:
    town.case("1", Severity="Critical", Title="Reboots")
    town.settle()
    town.issue("1", status="todo")
    town.settle()

    town.tell("tracker", {"object": "issue", "id": "1", "act": "deleted"})
    town.settle()

    assert [link.state for link in town.links()] == ["dead"]
    assert [link.note for link in town.links()] == ["(deleted at its vendor: tracker:issue:1)"]
    assert town.crm.records["1"]["Key"] is None
    assert list(town.said.down) == ["deleted:tracker"]
    assert "dead: with crm:Case:1" in town.said.down["deleted:tracker"]


def test_a_deleted_case_takes_its_link_along_too(town: Town) -> None:
    town.case("1", Severity="Critical", Title="Reboots", Number="00001")
    town.settle()
    town.issue("1", key="T-1")
    town.settle()
    town.clock.advance(1)

    town.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
    town.settle()

    assert [link.state for link in town.links()] == ["dead"]
    assert town.said.down["deleted:crm"] == (
        "00001 (crm:Case:1) was deleted at crm; its links are dead: with T-1 (tracker:issue:1)"
    )


def test_a_record_that_is_there_again_has_its_link_again(town: Town) -> None:
    town.case("1", Severity="Critical", Title="Reboots")
    town.settle()
    town.issue("1", status="todo")
    town.clock.advance(1)
    town.tell("tracker", {"object": "issue", "id": "1", "act": "deleted"})
    town.settle()

    town.issue("1", status="todo")
    town.settle()

    assert [(link.state, link.note) for link in town.links()] == [("live", "")]
    assert town.crm.records["1"]["Key"] == "T-1"
    assert len(town.tracker.records) == 1
