"""`/api/v1/backfills`: planned, run, paused, resumed, cancelled; each only where it stands so."""

from typing import Any

import pytest

from backfill.archive import Archive
from backfill.office import Office
from bridge.outbox.budgets.bucket import Bucket, Told
from bridge.pipeline.backfill import store


@pytest.fixture
def office(archive: Archive) -> Office:
    return Office(archive)


def test_a_backfill_is_planned_run_and_over(archive: Archive, office: Office) -> None:
    archive.fill(30)
    now = archive.town.clock.now()
    archive.limit(Bucket(told=Told(limit=1_000, left=600, at=now.timestamp(), seconds=86_400.0)))
    asked = office.act("", source="cases", why="the past").json()
    archive.work_off()
    planned = office.get(asked["id"])
    begun = office.act(f"/{asked['id']}:run").json()
    archive.town.clock.advance(10)
    archive.town.settle()
    over = office.get(asked["id"])

    assert (asked["state"], asked["principal"]) == ("counting", "ann")
    assert (planned["state"], planned["found"], planned["total"]) == ("planned", 30, 30)
    assert planned["cost"] == {
        "calls": 1,
        "quotas": [{"limit": "calls", "left": 500, "part": 0.002}],
        "seconds": pytest.approx(0.4),
    }
    assert begun["state"] == "running"
    assert (over["state"], over["done"], over["cost"]) == ("done", 30, None)
    assert over["records_a_second"] == 3.0
    assert [one["verb"] for one in office.audit()] == ["plan backfill", "run backfill"]


def test_one_rests_and_goes_on_where_it_was(archive: Archive, office: Office) -> None:
    archive.fill(250)
    asked = archive.count().id
    office.act(f"/{asked}:run")
    archive.town.backfilling.step()
    paused = office.act(f"/{asked}:pause").json()
    archive.town.settle()
    rests = office.get(asked)
    resumed = office.act(f"/{asked}:resume").json()
    archive.town.settle()

    assert (paused["state"], paused["done"]) == ("paused", 100)
    assert (rests["done"], rests["cost"]["calls"]) == (100, 2)
    assert resumed["state"] == "running"
    assert office.get(asked)["done"] == len(archive.town.events("feedback")) == 250


def test_one_is_stopped_for_good_and_what_it_brought_stays(
    archive: Archive, office: Office
) -> None:
    archive.fill(250)
    asked = archive.count().id
    office.act(f"/{asked}:run")
    archive.town.backfilling.step()
    stopped = office.act(f"/{asked}:cancel").json()
    archive.town.settle()
    late = office.act(f"/{asked}:resume")

    assert (stopped["state"], len(archive.town.events("feedback"))) == ("cancelled", 100)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/backfill-state")
    assert f"{asked} is cancelled" in late.json()["detail"]


def test_a_plan_that_is_a_day_old_is_not_run(archive: Archive, office: Office) -> None:
    archive.fill(1)
    asked = archive.count().id
    archive.town.clock.advance(store.PLAN_LIVES.total_seconds() + 1)

    assert office.act(f"/{asked}:run").status_code == 409


def test_a_plan_with_nothing_to_read_is_done_at_once(archive: Archive, office: Office) -> None:
    asked = archive.count().id

    assert office.act(f"/{asked}:run").json()["state"] == "done"


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"source": "cses"}, "there is no source 'cses'; there are: cases, issues"),
        ({"source": "cases", "share": 0}, "share"),
        ({"source": "cases", "since": "2026-01-01T00:00:00"}, "since"),
        ({}, "source"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    office: Office, wish: dict[str, Any], words: str
) -> None:
    answer = office.act("", **wish)

    assert answer.status_code in {400, 422}
    assert words in answer.json()["detail"]


def test_the_newest_are_listed_first(archive: Archive, office: Office) -> None:
    first = archive.ask()
    archive.town.clock.advance(1)
    second = archive.ask(source="issues")

    assert [one["id"] for one in office.get("")] == [second, first]
    assert office.client.get("/api/v1/backfills/x", headers=office.head).status_code == 404
