"""Every set that was ever active is kept whole, is found by a short name, and can be compared."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from bridge.access.keys import Role
from bridge.app import activate_folder
from bridge.db import Database
from bridge.rules import store, versions
from bridge.rules.versions import Unresolved
from clocks import FakeClock
from inbox.house import House
from patience import until
from pipeline.client import Api
from pipeline.test_http import CARD
from pipeline.town import RULES, SOURCES, Town


@pytest.fixture
def api(house: House) -> Api:
    return Api(house.client(Role.OPERATOR))


@pytest.fixture
def two(api: Api) -> tuple[dict[str, str], Any]:
    """The shipped set was active; another, with one rule changed, is now. Its files, and the answer."""
    files = api.get("/rules/sets/active/files")["files"]
    name = "rules/feedback.yaml"
    files[name] = files[name].replace('["critical", "high"]', '["high", "critical"]')
    return files, api.post("/rules:activate", {"files": files, "why": "order"})


def test_a_set_is_kept_whole_with_who_when_and_why(
    api: Api, two: tuple[dict[str, str], Any]
) -> None:
    files, done = two

    shown = api.get("/rules/sets/active")
    before = api.get("/rules/sets/previous")

    assert api.get("/rules/sets/active/files") == {"hash": done["hash"], "files": files}
    assert shown["active"]
    assert shown["created_by"] == shown["activations"][0]["by"] != ""
    assert [(one["kind"], one["why"]) for one in shown["activations"]] == [("activate", "order")]
    assert shown["files"]["rules/feedback.yaml"] == len(files["rules/feedback.yaml"].splitlines())
    assert (before["hash"], before["active"]) == (done["before"], False)
    assert [one["by"] for one in before["activations"]] == ["start-up"]


def test_the_history_says_what_each_set_changed(api: Api, two: tuple[dict[str, str], Any]) -> None:
    api.post("/rules:rollback", {"why": "no"})

    said = [one["changed"] for one in api.get("/rules/history")["items"]]

    rule = "rule feedback-becomes-engineering-task changed"
    assert said == [rule, rule, "the first set"]
    assert two[1]["changed"] == rule


def test_two_sets_are_compared_key_by_key(api: Api, two: tuple[dict[str, str], Any]) -> None:
    found = api.get("/rules/diff?a=previous&b=active")

    (rule,) = found["differences"]
    assert (found["before"], found["after"]) == (two[1]["before"], two[1]["hash"])
    assert (rule["what"], rule["act"]) == ("rule", "changed")
    assert [key["path"] for key in rule["keys"]] == ["if"]


def test_what_an_activation_would_change_is_told_and_nothing_is_stored(api: Api) -> None:
    files = {"rules/r.yaml": CARD}

    checked = api.post("/rules:check", {"files": files})

    assert checked["problems"] == []
    assert checked["comparison"]["before"] == api.get("/rules")["hash"]
    assert {"r", "word"} == {
        one["name"] for one in checked["comparison"]["differences"] if one["act"] == "added"
    }
    assert len(api.get("/rules/history")["items"]) == 1


def test_the_active_set_activated_again_is_no_news(
    api: Api, two: tuple[dict[str, str], Any]
) -> None:
    again = api.post("/rules:activate", {"files": two[0], "why": "to be sure"})

    assert again["hash"] == again["before"] == two[1]["hash"]
    assert len(api.get("/rules/history")["items"]) == 2
    assert len(api.get("/audit?verb=activate")["items"]) == 1


def test_an_act_on_a_set_that_is_not_active_any_more_is_refused(
    api: Api, two: tuple[dict[str, str], Any]
) -> None:
    _, done = two
    stale = {"files": {"rules/r.yaml": CARD}, "instead_of": done["before"]}

    for path, wish in (("activate", stale), ("rollback", {"instead_of": done["before"]})):
        refused = api.post(f"/rules:{path}", wish, status=409)
        assert refused["type"] == "/problems/another-set-is-active"

    assert api.get("/rules")["hash"] == done["hash"]
    api.post("/rules:rollback", {"instead_of": done["hash"]})


@pytest.mark.parametrize(
    "name", ["../r.yaml", "rules/../../r.yaml", "/rules/r.yaml", "rules\\r.yaml"]
)
def test_a_set_names_no_file_outside_its_folder(api: Api, name: str) -> None:
    refused = [
        api.post(route, {"files": {name: CARD}}, status=422)
        for route in ("/rules:activate", "/rules:check")
    ]

    assert [one["status"] for one in refused] == [422, 422]


def test_a_viewer_sees_when_a_set_was_active_and_not_what_people_it_names(house: House) -> None:
    viewer = house.client(Role.VIEWER)

    assert viewer.get("/api/v1/rules/sets/active").status_code == 200
    assert viewer.get("/api/v1/rules/sets/active/files").status_code == 403
    assert viewer.get("/api/v1/rules/diff?a=active&b=active").status_code == 403


def test_a_hash_may_be_short_but_not_ambiguous(town: Town) -> None:
    files = {"sources/s.yaml": SOURCES, "rules/r.yaml": RULES}
    for number, wanted in enumerate(("abcd000000000001", "abcd000000000002", "abce000000000001")):
        town.activate_unread(wanted, {**files, "people.yaml": f"version: 1 # {number}"})

    with town.database.reading() as session:
        assert versions.resolve(session, "abce") == "abce000000000001"
        assert versions.resolve(session, "active") == "abce000000000001"
        assert versions.resolve(session, "previous") == "abcd000000000002"
        assert versions.resolve(session, "abcd000000000001") == "abcd000000000001"
        with pytest.raises(Unresolved, match="abcd000000000001, abcd000000000002") as many:
            versions.resolve(session, "abcd")
        with pytest.raises(Unresolved, match="no set was ever active"):
            versions.resolve(session, "ffff")
        with pytest.raises(Unresolved, match="is no version"):
            versions.resolve(session, "abc")
    assert len(many.value.meant) == 2


def test_two_who_switch_at_once_come_one_after_the_other(
    postgres_database: Database, clock: FakeClock
) -> None:
    """The second sees what the first has made active, and not what was active when both began."""
    town = Town(database=postgres_database, clock=clock)
    first = town.live_by()
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")

    def look() -> str | None:
        with postgres_database.transaction() as session:
            return store.hold_active(session)

    with ThreadPoolExecutor(1) as other:
        with postgres_database.transaction() as session:
            before = store.hold_active(session)
            seen = other.submit(look)
            with postgres_database.reading() as onlooker:
                waited = until(lambda: onlooker.scalar(waits))
            store.activate(
                session, "second", {}, by="ann", why="", kind="activate", now=clock.now()
            )
        after = seen.result()

    assert waited
    assert (before, after) == (first, "second")


def test_a_version_that_means_nothing_or_too_much_is_a_problem_with_a_type(api: Api) -> None:
    assert api.get("/rules/sets/ffff", 404)["type"] == "/problems/no-such-version"
    assert api.get("/rules/sets/previous", 404)["detail"] == "there is no set before the active one"


def test_what_was_rolled_back_stays_so_through_restarts_until_somebody_says_otherwise(
    house: House, api: Api
) -> None:
    """The folder still holds the set that was taken at the first start."""
    first = api.get("/rules")["hash"]
    second = api.post("/rules:activate", {"files": {"rules/r.yaml": CARD}})["hash"]
    api.post("/rules:activate", {"files": api.get(f"/rules/sets/{first}/files")["files"]})
    api.post("/rules:rollback", {})

    for _ in range(2):
        activate_folder(house.bridge.world, house.bridge.loaded)

    assert api.get("/rules")["hash"] == second
    assert api.get(f"/rules/sets/{first}")["withdrawn_at"]
