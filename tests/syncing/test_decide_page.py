"""The page of a signed link: whoever opens it sees both values, and only a button of it decides."""

import base64
import hashlib
import re

import pytest

from bridge.pipeline.syncing.asked import ConflictEnd
from bridge.pipeline.syncing.sheet import question
from bridge.pipeline.syncing.tickets import Ticket
from bridge.secret import SecretRef
from clocks import START
from syncing.leaf import Leaf
from syncing.pair import Pair
from syncing.site import Site

HOSTILE = "<script>alert(1)</script>\"'&\u202egnp.exe " + "W" * 3_000


@pytest.fixture
def site(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Both ends have changed how bad it is."""
    monkeypatch.setenv("LINK_SECRET", "nobody knows this, and it is long enough")
    early = pair.edit("crm", Severity="Critical")
    pair.hear(pair.edit("tracker", priority="Low"), early)
    pair.quiet()
    return Site(pair=pair, secret=SecretRef("env:LINK_SECRET"))


def test_it_shows_both_ends_and_what_each_button_would_do_and_does_nothing(site: Site) -> None:
    path = site.invite(take="")

    for _ in range(2):  # whoever scans the mail opens it, too
        page = site.anybody.get(path)
    site.pair.town.settle()
    leaf = Leaf.of(page)

    assert page.status_code == 200
    for said in (
        "Anna",
        "00001 in crm",
        "T-7 in tracker",
        "Reboots",
        "severity/priority",
        "critical",
        "Low",
    ):
        assert said in leaf.text
    assert "T-7 in tracker would then say Highest." in leaf.text
    assert "00001 in crm would then say low." in leaf.text
    assert [one.partition("&")[0] for one in leaf.buttons()] == ["?take=crm", "?take=tracker"]
    assert (site.pair.case("Severity"), site.pair.issue("priority")) == ("Critical", "Low")


@pytest.mark.parametrize(
    ("button", "severity", "priority"), [(0, "Critical", "Highest"), (1, "Low", "Low")]
)
def test_a_button_decides_once_in_the_name_of_the_person(
    site: Site, button: int, severity: str, priority: str
) -> None:
    path = site.invite(take="", who="Anna <b>")
    act = Leaf.of(site.anybody.get(path)).buttons()[button]

    done = site.anybody.post(path + act)
    site.pair.town.settle()
    again = site.anybody.post(path + act)
    later = site.anybody.get(path)

    assert (done.status_code, again.status_code, later.status_code) == (200, 409, 409)
    assert (site.pair.case("Severity"), site.pair.issue("priority")) == (severity, priority)
    assert "By Anna <b> (signed link)" in Leaf.of(later).text
    closed = [
        one
        for state in ("released", "discarded")
        for one in site.operator.get(f"/holds?state={state}")["items"]
    ]
    assert [one["decisions"][0]["by"] for one in closed] == ["Anna <b> (signed link)"]


def test_a_link_for_one_choice_has_one_button(site: Site) -> None:
    path = site.invite(take="crm")
    either = Leaf.of(site.anybody.get(site.invite(take=""))).buttons()

    (only,) = Leaf.of(site.anybody.get(path)).buttons()
    other = site.anybody.post(path + either[1])

    assert only == either[0]
    assert other.status_code == 409
    assert site.held()


def test_who_saw_another_value_is_shown_the_new_one_and_nothing_is_written(site: Site) -> None:
    path = site.invite(take="")
    act = Leaf.of(site.anybody.get(path)).buttons()[1]
    site.pair.change("tracker", priority="Medium")

    moved = site.anybody.post(path + act)
    bare = site.anybody.post(path)
    site.pair.town.settle()

    assert (moved.status_code, bare.status_code) == (409, 409)
    assert "changed since you looked" in Leaf.of(moved).text
    assert "Medium" in Leaf.of(moved).text
    assert site.pair.case("Severity") == "Critical"
    assert site.anybody.post(path + Leaf.of(moved).buttons()[1]).status_code == 200


def test_a_value_that_cannot_be_carried_has_no_button_and_says_why(site: Site) -> None:
    site.pair.change("tracker", priority="Blocker")

    leaf = Leaf.of(site.anybody.get(site.invite(take="")))

    assert len(leaf.buttons()) == 1
    assert "It cannot be chosen" in leaf.text


def test_what_comes_from_outside_is_text_and_nothing_is_loaded(site: Site) -> None:
    site.pair.change("tracker", priority=HOSTILE)

    page = site.anybody.get(site.invite(who="<img src=x onerror=alert(1)>"))
    leaf = Leaf.of(page)
    policy = page.headers["Content-Security-Policy"]
    style = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)

    assert "<script>alert(1)</script>" in leaf.text
    assert "<img src=x" in leaf.text
    assert "\u202e" not in page.text  # or it would read otherwise than it is
    assert leaf.names.isdisjoint({"script", "img", "link", "iframe"})
    assert not [name for _, attrs in leaf.tags for name in attrs if name.startswith("on")]
    assert leaf.open == []
    assert len(leaf.text) < 4_000
    assert "default-src 'none'" in policy
    (digest,) = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in style]
    assert f"style-src 'sha256-{digest}'" in policy
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("url", "links"),
    [
        (
            "https://acme.example/browse/T-7?a=1&b=2",
            ["https://acme.example/browse/T-7?a=1&b=2"] * 2,
        ),
        ("javascript:alert(1)", []),
        (None, []),
    ],
)
def test_a_record_is_linked_only_where_its_address_is_one_of_the_web(
    url: str | None, links: list[str]
) -> None:
    end = ConflictEnd(
        connection="tracker", ref="tracker:issue:7", key="T-7", url=url, title=None, field="due",
        value="2026-12-24T00:00:00Z", changed_at=None, changed_by=None, gives=None, cannot="",
    )  # fmt: skip
    ticket = Ticket(hold="hld_1", take="", who="Anna", expires_at=START)

    leaf = Leaf()
    leaf.feed(question(ticket, "due", [end, end], seen="x"))

    assert leaf.links() == links
    assert "2026-12-24" in leaf.text
    assert "T00:00" not in leaf.text


def test_a_link_that_was_changed_or_is_over_opens_nothing(site: Site) -> None:
    path = site.invite(hours=1)
    forged = path[:-6] + ("A" if path[-6] != "A" else "B") + path[-5:]

    opened = [site.anybody.get(one) for one in (forged, path + "AA", "/decide/x")]
    site.pair.clock.advance(3600)
    late = [site.anybody.get(path), site.anybody.post(path)]

    assert [one.status_code for one in (*opened, *late)] == [404] * 5
    assert all("Ask for a new one" in Leaf.of(one).text for one in (*opened, *late))


def test_without_a_secret_a_link_says_so_to_a_person(site: Site) -> None:
    path = site.invite(take="")
    site.anybody.app.state.link_secret = None  # type: ignore[attr-defined]

    told = site.anybody.get(path)

    assert told.status_code == 409
    assert "no signed links" in Leaf.of(told).text
