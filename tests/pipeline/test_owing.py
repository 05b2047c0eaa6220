"""Owing: what waits, what is answered already, what has a new name, what is only observed."""

import pytest

from bridge.connectors.contract import ConnectionSettings, Mode
from bridge.db import Database
from bridge.errors import PermanentError
from clocks import FakeClock
from pipeline.town import RULES, Town, rule

CLICK = rule(
    when="feedback.requested",
    do="""
      - id: wish
        tracker.create_issue: {summary: "${feedback.title}"}
      - id: answer
        chat.post: {channel: support, title: "it is ${wish.key}"}""",
)


@pytest.fixture
def clicks(town: Town) -> Town:
    """A case that nobody has clicked yet, and a rule for clicks."""
    town.live_by(CLICK)
    town.case("1", Title="Dark mode", Send=False)
    town.settle()
    return town


def test_a_step_waits_for_the_record_that_an_earlier_one_makes(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical")
    town.intake.drain()
    create, card = town.deliveries()

    assert (create.state, card.state) == ("pending", "waiting")
    assert card.reason == "waits for the record that 'task' creates"
    assert create.link_id == card.needs["task"]


def test_an_update_decided_before_its_create_came_back_reaches_the_record(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical")
    town.intake.drain()
    town.case("1", Title="Reboots at night")
    town.intake.drain()
    (update,) = town.deliveries("update")

    town.settle()

    assert update.state == "waiting"
    assert town.tracker.records == {"1": {"summary": "Reboots at night"}}


def test_what_needs_a_create_that_died_is_dead_and_says_why(town: Town) -> None:
    town.tracker.refusals.append(PermanentError("no project T", code="400"))
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    town.case("1", Title="Reboots at night")

    town.settle()

    assert [(row.rule, row.state, row.reason) for row in town.deliveries()] == [
        ("task", "dead", "no project T"),
        ("task", "dead", "the create it waits for is dead: no project T"),
        ("update", "dead", "the create it waits for is dead: no project T"),
    ]
    assert "no project T" in town.said.down["dead:task:tracker"]
    assert set(town.said.down) == {"dead:task:tracker", "dead:update:tracker"}


def test_a_second_click_while_the_first_is_under_way_makes_nothing_more(clicks: Town) -> None:
    for box in (True, False, True):
        clicks.case("1", Send=box)
    clicks.intake.drain()
    states = [row.state for row in clicks.deliveries("r", step="wish")]

    clicks.settle()

    assert states == ["pending", "merged"]
    assert len(clicks.tracker.records) == 1
    assert clicks.chat.asked == ["post it is T-1", "post it is T-1"]


def test_a_second_click_later_is_answered_with_what_is_there(clicks: Town) -> None:
    clicks.case("1", Send=True)
    clicks.settle()
    clicks.crm.records["1"] = {}
    clicks.case("1", Send=False)
    clicks.case("1", Send=True)

    clicks.settle()

    (_, second) = clicks.deliveries("r", step="wish")
    assert (second.state, second.reason) == ("unchanged", "already linked to T-1")
    assert clicks.chat.asked == ["post it is T-1", "post it is T-1"]
    assert clicks.crm.records["1"]["Key"] == "T-1"


def test_a_second_click_counts_although_nobody_told_that_the_box_was_cleared(town: Town) -> None:
    town.live_by(
        rule(
            when="feedback.requested",
            do="""
      - id: wish
        tracker.create_issue: {summary: "${feedback.title}"}
      - id: answer
        crm.update_record: {fields: {Send: false, Url: "${wish.key}"}}""",
        )
    )
    for _ in range(2):
        town.case("1", Title="Dark mode", Send=True)
        town.crm.records["1"] = {"Send": True}
        town.settle()

    first, second = town.deliveries("r", step="wish")
    assert (first.state, second.state) == ("succeeded", "unchanged")
    assert town.crm.records["1"]["Send"] is False
    assert len(town.tracker.records) == 1


def test_one_click_that_comes_twice_is_one_wish(town: Town) -> None:
    """By two ways, the second after our answer: it tells of the same moment."""
    town.live_by(
        rule(when="feedback.requested", do="[{crm.update_record: {fields: {Send: false}}}]")
    )
    town.case("1", Title="Dark mode", Send=False)
    town.settle()
    town.clock.advance(1)
    click = {"object": "Case", "id": "1", "fields": {"Title": "Dark mode", "Send": True}}
    for _ in range(2):
        town.tell("crm", click)
        town.settle()

    assert len(town.deliveries("r")) == 1


def test_a_click_after_a_create_that_died_says_that_it_is_dead(clicks: Town) -> None:
    clicks.tracker.refusals.append(PermanentError("no project T", code="400"))
    for box in (True, False, True):
        clicks.case("1", Send=box)
        clicks.settle()

    second = clicks.deliveries("r", step="wish")[1]
    assert second.state == "dead"
    assert second.reason == "the create it waits for is dead: no project T"


def test_a_click_after_its_issue_was_deleted_makes_another(clicks: Town) -> None:
    clicks.case("1", Send=True)
    clicks.settle()
    clicks.issue("1", status="todo")
    clicks.settle()
    clicks.clock.advance(1)
    clicks.tell("tracker", {"object": "issue", "id": "1", "act": "deleted"})
    clicks.settle()

    clicks.case("1", Send=False)
    clicks.case("1", Send=True)
    clicks.settle()

    assert len(clicks.tracker.records) == 2
    assert clicks.crm.records["1"]["Key"] == "T-2"


def test_a_record_may_have_many_notes(town: Town) -> None:
    """A note is something of its own: it is no second create of the first."""
    note = '[{id: note, tracker.add_note: {text: "now ${feedback.title}"}}]'
    whole = (
        RULES
        + rule(
            name="tell", when="feedback.updated", more="each: {linked: work_item}", do=note
        ).partition("rules:\n")[2]
    )
    town.live_by(whole)
    for title in ("a", "b", "c"):
        town.case("1", Title=title, Severity="Critical")
        town.settle()

    notes = [row["text"] for row in town.tracker.records.values() if "text" in row]
    assert notes == ["now b", "now c"]


def test_what_names_its_record_brings_it_up_to_date_each_time(town: Town) -> None:
    page = '[{tracker.put_page: {title: Case, text: "${feedback.title}"}}]'
    town.live_by(rule(when="[feedback.created, feedback.updated]", do=page))
    for title in ("a", "b", "c"):
        town.case("1", Title=title)
    town.settle()

    assert town.tracker.asked == ["put a", "put b", "put c"]
    assert [link.right_ref for link in town.links()] == ["tracker:page:Case"]


def test_two_rules_that_write_one_page_share_its_link(town: Town) -> None:
    page = '[{id: page, tracker.put_page: {title: Case, text: "${feedback.title}"}}]'
    one = rule(name="one", do=page.replace("id: page", "id: first"))
    two = rule(
        name="two", do=page.replace("}}]", "}}, {chat.post: {channel: a, title: '${page.key}'}}]")
    )
    town.live_by(one + "\n" + two.partition("rules:\n")[2])

    town.case("1", Title="a")
    town.settle()

    assert len(town.links()) == 1
    assert town.chat.asked == ["post Case"]
    assert {row.state for row in town.deliveries()} == {"succeeded", "accepted"}


PAGE = """[{id: page, tracker.put_page: {title: "${feedback.product}", text: "a"}}]"""


@pytest.fixture
def pages(town: Town) -> Town:
    """A case keeps a page of its product."""
    town.live_by(rule(when="[feedback.created, feedback.updated]", do=PAGE))
    return town


def linked_to(town: Town) -> set[tuple[str, str | None, str]]:
    return {(link.left_ref, link.right_ref, link.state) for link in town.links()}


def test_a_record_has_one_that_it_names_and_another_is_told_of(pages: Town) -> None:
    for product in ("A", "B", "A"):
        pages.case("1", Product=product)
        pages.settle()

    assert linked_to(pages) == {
        ("crm:Case:1", "tracker:page:A", "live"),
        ("crm:Case:1", "tracker:page:B", "dead"),
    }
    assert "crm:Case:1 and tracker:page:B are not linked" in pages.said.down["unlinked:crm"]


def test_where_several_are_declared_each_has_its_link(pages: Town) -> None:
    declared = "links: {page: {cardinality: 1:n}}\nrules:"
    by_product = rule(when="[feedback.created, feedback.updated]", do=PAGE)
    pages.live_by(by_product.replace("rules:", declared))

    for product in ("A", "B", "A"):
        pages.case("1", Product=product)
        pages.settle()

    assert linked_to(pages) == {
        ("crm:Case:1", "tracker:page:A", "live"),
        ("crm:Case:1", "tracker:page:B", "live"),
    }
    assert pages.said.down == {}


@pytest.mark.parametrize(
    ("declared", "state"), [("", "live"), ("links: {page: {cardinality: 1:1}}\n", "dead")]
)
def test_a_record_that_is_another_s_is_shared_only_where_that_may_be(
    pages: Town, declared: str, state: str
) -> None:
    by_product = rule(when="[feedback.created, feedback.updated]", do=PAGE)
    pages.live_by(by_product.replace("rules:", f"{declared}rules:"))

    for number in ("1", "2"):
        pages.case(number, Product="A")
        pages.settle()

    assert linked_to(pages) == {
        ("crm:Case:1", "tracker:page:A", "live"),
        ("crm:Case:2", "tracker:page:A", state),
    }
    assert list(pages.said.down) == (["unlinked:crm"] if declared else [])


def test_a_renamed_step_owes_nothing_twice(town: Town) -> None:
    """Its link was reserved under the name that the step had then."""
    before = rule(
        when="feedback.requested", do='[{id: wish, tracker.create_issue: {summary: "a"}}]'
    )
    town.live_by(before)
    for box in (False, True, False, True):
        town.case("1", Send=box)
        town.settle()
    town.live_by(before.replace("id: wish", "id: idea, was: wish"))

    town.case("1", Send=False)
    town.case("1", Send=True)
    town.settle()

    assert len(town.tracker.records) == 1
    assert [link.role for link in town.links()] == ["wish"]
    assert town.deliveries("r", step="idea")[0].reason == "already linked to T-1"


@pytest.fixture
def watching(database: Database, clock: FakeClock) -> Town:
    """The tracker only observes."""
    town = Town(database=database, clock=clock, modes={"tracker": Mode.OBSERVE})
    town.live_by()
    return town


def test_a_connection_that_observes_records_and_sends_nothing(watching: Town) -> None:
    watching.case("1", Title="Reboots", Severity="Critical")

    watching.settle()

    assert watching.tracker.asked == []
    assert [row.state for row in watching.deliveries()] == ["held", "waiting"]
    assert "mode observe" in watching.deliveries()[0].reason


def test_a_connection_may_take_no_bulk_calls(database: Database, clock: FakeClock) -> None:
    alone = ConnectionSettings(system="tracker", bulk=False)

    world = Town(database=database, clock=clock, settings={"tracker": alone}).world

    assert [world.bulk(name) for name in ("crm", "tracker", "gone")] == [True, False, False]


@pytest.mark.parametrize("observed", ["connection", "rule"])
def test_what_was_released_goes_whatever_still_waits_for_a_link(
    town: Town, watching: Town, observed: str
) -> None:
    here = watching if observed == "connection" else town
    if observed == "rule":
        here.live_by(
            RULES.replace("when: feedback.created", "when: feedback.created\n    mode: observe")
        )
    here.case("1", Title="Reboots", Severity="Critical")
    here.settle()

    here.release()
    here.settle()

    assert [row.state for row in here.deliveries()] == ["succeeded", "accepted"]


def test_what_was_discarded_takes_along_what_waited_for_it(town: Town) -> None:
    town.live_by(
        RULES.replace("when: feedback.created", "when: feedback.created\n    mode: observe")
    )
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()

    town.discard()

    assert [row.state for row in town.deliveries()] == ["cancelled", "cancelled"]


@pytest.mark.parametrize(
    ("more", "written"), [("", ["fill ['C']"]), ("merge: never, ", ["fill ['B']", "fill ['C']"])]
)
def test_a_step_may_say_that_each_change_goes_out_by_itself(
    town: Town, more: str, written: list[str]
) -> None:
    town.case("1", Title="A", Severity="Critical")
    town.settle()
    do = f'[{{{more}tracker.fill_issue: {{fields: {{title: "${{feedback.title}}"}}}}}}]'
    town.live_by(rule(when="feedback.updated", do=do, more="each: {linked: work_item}"))
    for title in "BC":
        town.case("1", Title=title)
        town.intake.drain()

    town.settle()

    assert [one for one in town.tracker.asked if one.startswith("fill")] == written
