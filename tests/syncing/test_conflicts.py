"""A conflict waits as one held delivery with both values, and a person decides: by a key, or by a link."""

import pytest

from bridge.secret import SecretRef
from syncing.pair import Pair
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


def test_a_signed_link_shows_and_asks_and_only_its_button_decides(site: Site) -> None:
    made = site.operator.post(f"/holds/{site.held()}:invite", {"take": "crm", "who": "Anna <b>"})
    path = made["url"].removeprefix("https://bridge.test")

    for _ in range(2):
        page = site.anybody.get(path)
        assert page.status_code == 200
        assert "critical" in page.text
        assert "<b>Anna" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    site.pair.town.settle()
    assert site.pair.issue("priority") == "Low"
    done = site.anybody.post(path)
    site.pair.town.settle()

    assert (done.status_code, site.pair.issue("priority")) == (200, "Highest")
    again = site.anybody.post(path)
    assert again.status_code == 409
    (hold,) = site.operator.get("/holds?state=discarded")["items"]
    assert hold["decisions"][0]["by"] == "Anna <b> (signed link)"


def test_a_link_that_was_changed_or_is_over_opens_nothing(site: Site) -> None:
    made = site.operator.post(
        f"/holds/{site.held()}:invite", {"take": "crm", "who": "Anna", "hours": 1}
    )
    path = made["url"].removeprefix("https://bridge.test")
    forged = path[:-6] + ("A" if path[-6] != "A" else "B") + path[-5:]

    assert [site.anybody.get(one).status_code for one in (forged, path + "AA", "/decide/x")] == [
        404
    ] * 3
    site.pair.clock.advance(3600)
    assert (site.anybody.get(path).status_code, site.anybody.post(path).status_code) == (404, 404)


def test_without_a_secret_no_link_is_made(site: Site) -> None:
    operator = site.operator
    site.anybody.app.state.link_secret = None  # type: ignore[attr-defined]

    told = operator.post(f"/holds/{site.held()}:invite", {"take": "crm", "who": "Anna"}, status=409)

    assert told["type"] == "/problems/no-link-secret"
