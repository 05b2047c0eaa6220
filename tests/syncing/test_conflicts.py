"""A conflict waits as one held delivery with both values, and a person decides: by a key, or by a link."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from bridge.alarms import store as alarms
from bridge.duties.recovery import lift_over
from bridge.pipeline.syncing.moot import close_moot
from bridge.secret import SecretRef
from syncing.pair import SYNC, Pair
from syncing.site import Site


@pytest.fixture
def site(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Both ends have changed how bad it is."""
    monkeypatch.setenv("LINK_SECRET", "nobody knows this, and it is long enough")
    early = pair.edit("crm", Severity="Critical")
    pair.hear(pair.edit("tracker", priority="Low"), early)
    pair.quiet()
    return Site(pair=pair, secret=SecretRef("env:LINK_SECRET"))


def test_two_edits_wait_as_one_held_delivery_with_both_values(site: Site) -> None:
    pair, hold = site.pair, site.held()

    found = site.operator.get(f"/holds/{hold}/conflict")

    assert (pair.case("Severity"), pair.issue("priority")) == ("Critical", "Low")
    assert [(end["connection"], end["value"]) for end in found["ends"]] == [
        ("crm", "critical"),
        ("tracker", "Low"),
    ]
    assert (found["pair"], found["proposed"]) == ("severity/priority", "tracker")
    held = [row for row in pair.owed() if row.state == "held"]
    assert [(row.hold_id, row.step) for row in held] == [(hold, "ask:severity/priority")]


def test_a_viewer_does_not_see_whose_words_differ(pair: Pair) -> None:
    pair.live_by(SYNC.replace("tracker: title, owner: latest", "tracker: title, owner: ask"))
    pair.hear(pair.edit("crm", Title="Anna says"), pair.edit("tracker", summary="Ben says"))
    pair.quiet()
    site = Site(pair=pair)
    path = f"/holds/{site.held()}/conflict"

    values = {
        who: [end[name] for end in client.get(path)["ends"] for name in ("value", "gives", "title")]
        for who, client in (("olga", site.operator), ("vera", site.viewer))
    }

    said = ["Anna says", "Anna says", "Anna says", "Ben says", "Ben says", "Ben says"]
    assert values == {"olga": said, "vera": ["(not shown)"] * 6}


def test_somebody_is_told_until_none_waits(site: Site) -> None:
    town, now, hold = site.pair.town, site.pair.clock.now(), site.held()
    said = town.said.down["conflict:pair"]
    told = partial(
        alarms.lower, key="conflict:pair", kind="conflict", text=said, remedy="", link="", now=now
    )
    town.act(told)

    town.act(partial(lift_over, now=now))
    waits = town.act(partial(alarms.down, key="conflict:pair"))
    site.operator.post(f"/holds/{hold}:decide", {"take": "crm"})
    town.act(partial(lift_over, now=now))
    over = town.act(partial(alarms.down, key="conflict:pair"))

    assert said.startswith("00001 and T-7: both have changed severity/priority")
    assert waits is not None
    assert over is None


@pytest.mark.parametrize(
    ("take", "severity", "priority"), [("crm", "Critical", "Highest"), ("tracker", "Low", "Low")]
)
def test_who_is_taken_is_written_at_the_other_end(
    site: Site, take: str, severity: str, priority: str
) -> None:
    site.operator.post(f"/holds/{site.held()}:decide", {"take": take, "why": "asked Anna"})
    site.pair.town.settle()
    site.pair.quiet()

    assert (site.pair.case("Severity"), site.pair.issue("priority")) == (severity, priority)
    assert site.operator.get("/holds")["items"] == []
    assert len(site.pair.crm.writes) + len(site.pair.tracker.writes) == 1


def test_a_release_takes_the_later_and_a_discard_leaves_both_until_one_is_changed(
    site: Site,
) -> None:
    site.operator.post(f"/holds/{site.held()}:discard", {"why": "both are right"})
    site.pair.quiet()
    assert (site.pair.case("Severity"), site.pair.issue("priority")) == ("Critical", "Low")

    site.pair.change("tracker", priority="Medium")

    assert site.pair.case("Severity") == "Medium"


def test_what_is_released_is_the_later_value(site: Site) -> None:
    site.operator.post(f"/holds/{site.held()}:release", {})
    site.pair.town.settle()

    assert site.pair.case("Severity") == "Low"


def test_a_later_edit_that_removes_the_conflict_closes_the_hold(site: Site) -> None:
    hold = site.held()

    site.pair.change("tracker", priority="Highest")

    assert site.operator.get("/holds")["items"] == []
    asked = [row.state for row in site.pair.owed() if row.step.startswith("ask:")]
    assert asked == ["cancelled"]
    site.operator.post(f"/holds/{hold}:decide", {"take": "crm"}, status=409)


def test_a_question_is_closed_when_its_cause_is_taken_back_while_the_write_is_on_its_way(
    pair: Pair,
) -> None:
    """The write that was owed before looks again, and sees that nobody has changed the other end."""
    heard = [pair.edit("crm", Severity="Critical"), pair.edit("tracker", priority="Low")]
    pair.edit("tracker", priority="High")

    pair.hear(*heard)
    pair.quiet()

    assert (pair.case("Severity"), pair.issue("priority")) == ("Critical", "Highest")
    assert [row for row in pair.owed() if row.state == "held"] == []
    assert Site(pair=pair, secret=None).operator.get("/holds")["items"] == []


def test_a_change_of_another_field_goes_across_meanwhile(site: Site) -> None:
    site.pair.change("crm", Title="Still told")

    assert site.pair.issue("summary") == "Still told"
    assert site.held()


def test_only_an_end_can_be_taken_and_only_one_that_can_be_carried(site: Site) -> None:
    hold = site.held()
    site.operator.post(f"/holds/{hold}:decide", {"take": "chat"}, status=422)
    site.pair.change("tracker", priority="Blocker")

    refused = site.operator.post(f"/holds/{hold}:decide", {"take": "tracker"}, status=422)

    assert refused["type"] == "/problems/not-carried"
    assert "map" in refused["detail"]


def test_without_a_secret_no_link_is_made(site: Site) -> None:
    operator = site.operator
    site.anybody.app.state.link_secret = None  # type: ignore[attr-defined]

    told = operator.post(f"/holds/{site.held()}:invite", {"take": "crm", "who": "Anna"}, status=409)

    assert told["type"] == "/problems/no-link-secret"


def test_however_often_both_change_it_one_question_is_open_about_the_values_of_now(
    site: Site,
) -> None:
    hold, pair = site.held(), site.pair
    for severity, priority in (("Medium", "Highest"), ("Low", "Medium")):
        edits = [pair.edit("crm", Severity=severity), pair.edit("tracker", priority=priority)]
        pair.hear(*edits, *edits)
        pair.quiet()

    found = site.operator.get(f"/holds/{hold}/conflict")

    assert site.held() == hold
    assert [end["value"] for end in found["ends"]] == ["low", "Medium"]
    assert [row.state for row in pair.owed() if row.step.startswith("ask:")] == ["held"]
    site.operator.post(f"/holds/{hold}:decide", {"take": "crm"})
    pair.town.settle()
    assert (pair.case("Severity"), pair.issue("priority")) == ("Low", "Low")


def test_a_key_and_a_link_that_decide_at_once_are_one_decision(site: Site) -> None:
    hold, button = site.held(), site.button(site.invite(take="crm"))
    start = threading.Barrier(2)

    def by_key() -> int:
        start.wait(timeout=60)
        acts, path = site.operator.client, f"/api/v1/holds/{hold}:decide"
        answer = acts.post(path, json={"take": "tracker"}, headers={"Idempotency-Key": "once"})
        return answer.status_code

    def by_link() -> int:
        start.wait(timeout=60)
        return site.anybody.post(button).status_code

    with ThreadPoolExecutor(2) as hands:
        made = [hands.submit(by_key), hands.submit(by_link)]
        key, link = [one.result(timeout=120) for one in made]
    site.pair.town.settle()
    site.pair.quiet()

    assert sorted([key, link]) == [200, 409]
    agreed = ("Low", "Low") if key == 200 else ("Critical", "Highest")
    assert (site.pair.case("Severity"), site.pair.issue("priority")) == agreed
    assert len(site.pair.crm.writes) + len(site.pair.tracker.writes) == 1


def test_a_question_about_a_record_that_is_gone_is_closed_by_itself(site: Site) -> None:
    hold, pair, path = site.held(), site.pair, site.invite()
    del pair.crm.records["1"]
    pair.town.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
    pair.town.settle()

    refused = site.operator.post(f"/holds/{hold}:decide", {"take": "tracker"}, status=409)
    closed = close_moot(pair.town.world)

    assert "gone" in refused["detail"]
    assert site.anybody.get(path).status_code == 409
    assert (closed, close_moot(pair.town.world)) == (1, 0)
    assert site.operator.get("/holds")["items"] == []
    assert [row.state for row in pair.owed() if row.hold_id == hold] == ["cancelled"]
    assert (pair.issue("priority"), pair.tracker.writes) == ("Low", [])


def test_a_question_that_the_mappings_ask_no_more_is_closed_and_the_two_agree_by_them(
    site: Site,
) -> None:
    pair = site.pair
    assert close_moot(pair.town.world) == 0
    pair.live_by(pair.sync.replace("owner: ask, map: urgency", "owner: latest, map: urgency"))

    closed = close_moot(pair.town.world)
    pair.change("crm", Title="Anything")

    assert closed == 1
    assert (pair.case("Severity"), pair.issue("priority")) == ("Low", "Low")


def test_what_was_left_as_it_is_and_then_changed_at_both_ends_is_asked_anew(site: Site) -> None:
    first = site.held()
    site.operator.post(f"/holds/{first}:discard", {"why": "both are right"})

    site.pair.hear(
        site.pair.edit("crm", Severity="Medium"), site.pair.edit("tracker", priority="High")
    )

    assert site.held() != first
    assert (site.pair.case("Severity"), site.pair.issue("priority")) == ("Medium", "High")
