"""Links: one reservation a record and role whoever comes first; resolved, freed, adopted, dead."""

import threading
from concurrent.futures import ThreadPoolExecutor

from bridge.canonical.event import Act
from bridge.db import Database
from bridge.ledger import links, store
from bridge.ledger.tables import LinkState
from clocks import START
from ledger.sightings import CASE, ISSUE, context, seen, wanted


def test_of_many_who_reserve_at_once_one_makes_the_record(database: Database) -> None:
    start = threading.Barrier(6)

    def reserve(number: int) -> str | None:
        start.wait(timeout=60)
        with database.transaction() as session:
            link = links.reserve(session, wanted(delivery_id=f"dlv_{number}"), now=START)
            return link.delivery_id

    with ThreadPoolExecutor(6) as pool:
        owners = list(pool.map(reserve, range(6)))

    assert len(set(owners)) == 1


def test_a_create_that_came_back_gives_the_link_its_right_end(database: Database) -> None:
    with database.transaction() as session:
        reserved = links.reserve(session, wanted(), now=START)
        before = links.result(reserved)
        link = links.resolve(
            session, reserved.id, right_ref=str(ISSUE), key="ENG-7", url="https://j/7", now=START
        )

    assert before["ref"] == ""
    assert link is not None
    assert link.state == LinkState.LIVE
    assert links.result(link) == {
        "ref": "jira:issue:7",
        "id": "7",
        "key": "ENG-7",
        "url": "https://j/7",
    }


def test_a_second_answer_does_not_move_a_link(database: Database) -> None:
    with database.transaction() as session:
        reserved = links.reserve(session, wanted(), now=START)
        links.resolve(session, reserved.id, right_ref="jira:issue:7", key="A", url="", now=START)
        again = links.resolve(
            session, reserved.id, right_ref="jira:issue:8", key="B", url="", now=START
        )

    assert again is not None
    assert again.right_ref == "jira:issue:7"


def test_a_freed_reservation_is_gone_and_a_link_is_not(database: Database) -> None:
    with database.transaction() as session:
        first = links.reserve(session, wanted(), now=START)
        links.release(session, first.id)
        gone = links.resolve(session, first.id, right_ref=str(ISSUE), key="", url="", now=START)
    with database.transaction() as session:
        second = links.reserve(session, wanted(delivery_id="dlv_2"), now=START)
        links.resolve(session, second.id, right_ref=str(ISSUE), key="", url="", now=START)
        links.release(session, second.id)

    with database.reading() as session:
        assert gone is None
        assert [one.delivery_id for one in links.of(session, str(CASE))] == ["dlv_2"]


def test_two_roles_that_made_one_record_share_its_link(database: Database) -> None:
    with database.transaction() as session:
        first = links.reserve(session, wanted(role="a"), now=START)
        second = links.reserve(session, wanted(role="b"), now=START)
        links.resolve(session, first.id, right_ref=str(ISSUE), key="ENG-7", url="", now=START)
        shared = links.resolve(session, second.id, right_ref=str(ISSUE), key="", url="", now=START)

    assert shared is not None
    assert shared.id == first.id
    with database.reading() as session:
        assert [one.id for one in links.of(session, str(ISSUE))] == [first.id]


def test_what_exists_is_adopted_once(database: Database) -> None:
    with database.transaction() as session:
        one = links.adopt(session, wanted(), right_ref=str(ISSUE), now=START, key="ENG-7")
        two = links.adopt(session, wanted(), right_ref=str(ISSUE), now=START)
        link = links.reserve(session, wanted(delivery_id="dlv_2"), now=START)

    assert (one, two) == (True, False)
    assert (link.state, link.key, link.delivery_id) == (LinkState.LIVE, "ENG-7", None)


def test_a_link_is_dead_while_an_end_is_gone(database: Database) -> None:
    states = []
    with database.transaction() as session:
        links.adopt(session, wanted(), right_ref=str(ISSUE), now=START)
        for step in (links.end_is_gone, links.end_is_back):
            step(session, str(ISSUE))
            states += [one.state for one in links.of(session, str(CASE))]
            session.expire_all()

    assert states == [LinkState.DEAD, LinkState.LIVE]


def test_a_link_stays_dead_while_its_other_end_is_gone(database: Database) -> None:
    with database.transaction() as session:
        links.adopt(session, wanted(), right_ref=str(ISSUE), now=START)
        store.apply(session, seen({}, act=Act.DELETED), context())
        links.end_is_gone(session, str(ISSUE))
        links.end_is_back(session, str(ISSUE))
        (link,) = links.of(session, str(CASE))

    assert link.state == LinkState.DEAD


def test_a_dead_link_may_be_reserved_anew(database: Database) -> None:
    with database.transaction() as session:
        links.adopt(session, wanted(), right_ref=str(ISSUE), now=START, key="ENG-7")
        links.end_is_gone(session, str(ISSUE))
    with database.transaction() as session:
        link = links.reserve(session, wanted(delivery_id="dlv_2"), now=START)

    assert (link.state, link.right_ref, link.key) == (LinkState.RESERVED, None, "")
    assert link.delivery_id == "dlv_2"
