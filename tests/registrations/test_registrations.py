"""Webhooks that `bridge.yaml` declares: compared, repaired on request, renewed; on both kinds of Jira."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from bridge.access.tables import AuditRow
from bridge.pipeline.registering.alone import TERM, alone
from clocks import FakeClock
from registrations.site import DECLARED, EVENTS, URL, Site


def test_a_start_registers_nothing(site: Site) -> None:
    site.led()

    assert site.hooks() == []
    assert site.standing() == [("missing", "", "register")]


def test_a_repair_registers_what_is_missing_signed_and_once(site: Site) -> None:
    first = site.repair("a")
    again = site.repair("b")

    assert [one["repair"] for one in first.json()["done"]] == ["register"]
    assert again.json()["done"] == []
    assert site.hooks() == [("Bridge", "project = ENG", True)]
    assert site.standing() == [("there", "", "")]


def test_while_one_repair_runs_another_is_refused_and_registers_nothing(site: Site) -> None:
    """On whichever node; of two, both would register."""
    with alone(site.bridge.world, "jira") as first, alone(site.bridge.world, "jira") as second:
        refused = site.repair("a")
    after = site.repair("b")

    assert (first, second) == (True, False)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/still-running")
    assert [one["repair"] for one in after.json()["done"]] == ["register"]
    assert len(site.hooks()) == 1


def test_a_repair_whose_process_died_keeps_the_next_one_waiting_for_minutes_only(
    site: Site, clock: FakeClock
) -> None:
    with alone(site.bridge.world, "jira"):
        clock.advance(TERM.total_seconds())

        assert site.repair().status_code == 200

    assert len(site.hooks()) == 1


def test_what_differs_is_replaced_and_what_is_doubled_removed(site: Site) -> None:
    hooks = site.jira.site.hooks.hooks
    site.repair("a")
    (whole,) = hooks.values()
    hooks[whole.id] = replace(whole, events=frozenset(EVENTS[:1]), enabled=False)
    hooks[77] = replace(whole, id=77, name="Tried out", enabled=False)
    before = site.standing()

    site.repair("b")

    assert before == [
        ("differs", f"it is disabled; it lacks {', '.join(EVENTS[1:])}", "replace"),
        ("extra", "it is not declared, and sends to the same URL: each event comes once more",
         "remove"),
    ]  # fmt: skip
    assert site.hooks() == [("Bridge", "project = ENG", True)]
    assert whole.id not in hooks


def test_what_others_registered_is_left_alone_whatever_its_name(site: Site) -> None:
    site.jira.register_hook("https://chat.example.com/hook")  # its name is Bridge, too

    site.repair()

    assert {one.url for one in site.jira.site.hooks.hooks.values()} == {
        "https://chat.example.com/hook",
        URL,
    }


def test_a_repair_is_audited_with_what_was_done(site: Site) -> None:
    site.repair()

    with site.bridge.database.reading() as session:
        row = session.scalars(select(AuditRow)).one()
    assert (row.verb, row.target, row.principal) == ("repair_webhooks", "jira", "an operator")
    assert [one["standing"] for one in (row.difference or {})["done"]] == ["missing"]


def test_an_account_that_may_not_look_says_so_and_lifts_no_alarm(site: Site) -> None:
    site.led()
    site.jira.deny("ADMINISTER")

    site.led()
    ((standing, detail, repair),) = site.standing()

    assert (standing, repair) == ("unknown", "")
    assert "403" in detail
    assert site.alarm() != ""


def test_what_cannot_be_seen_is_not_repaired_blindly(site: Site) -> None:
    site.jira.deny("ADMINISTER")

    done = site.repair("a").json()["done"]

    assert done == []
    assert site.hooks() == []


def test_a_repair_that_is_refused_says_so_and_what_to_look_at(app: Site, clock: FakeClock) -> None:
    app.repair("a")
    clock.advance(timedelta(days=24))
    app.jira.deny("REFRESH")

    answer = app.repair("b")

    assert answer.status_code == 502
    assert "403" in answer.json()["detail"]
    assert "bridge connections webhooks list jira" in answer.json()["detail"]


def test_the_leader_tells_what_is_amiss_and_when_it_is_right_again(site: Site) -> None:
    site.led()
    told = site.alarm()
    site.repair()
    site.led()

    assert told.splitlines()[1:] == ["Bridge missing"]
    assert site.alarm() == ""


def test_what_an_app_registered_is_renewed_by_the_leader_before_it_ends(
    app: Site, clock: FakeClock
) -> None:
    app.repair()
    clock.advance(timedelta(days=22, hours=23))
    app.led()
    early = app.standing()
    clock.advance(timedelta(hours=1))
    ends = app.standing()

    app.led()

    clock.advance(timedelta(days=22))
    assert (early, ends) == ([("there", "", "")], [("expires", "", "renew")])
    assert app.standing() == [("there", "", "")]
    assert app.alarm() == ""


def test_what_cannot_be_renewed_is_told_while_there_is_time(app: Site, clock: FakeClock) -> None:
    app.repair()
    clock.advance(timedelta(days=24))
    app.jira.deny("REFRESH")

    app.led()

    assert app.alarm().splitlines()[1:] == ["Bridge expires at 2026-12-23 09:00 UTC"]
    assert app.standing() == [("expires", "", "renew")]


def test_an_app_has_what_it_declares_once(app: Site) -> None:
    app.repair("a")
    app.repair("b")

    assert [one.jql for one in app.jira.site.hooks.hooks.values()] == [DECLARED["jql"]]


def test_what_a_system_never_shows_is_unknown_and_says_why(site: Site) -> None:
    answer = site.client.get("/api/v1/connections/monitoring/webhooks").json()

    assert [(one["standing"], one["repair"]) for one in answer] == [("unknown", "")]
    assert "silent" in answer[0]["detail"]
