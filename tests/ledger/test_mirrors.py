"""`mirrors`: each end has one, by the code that asks and by the database that keeps it."""

import pytest
from sqlalchemy.exc import IntegrityError

from bridge.db import Database
from bridge.ledger import links, mirrors
from bridge.ledger.tables import LinkState
from clocks import START
from ledger.sightings import CASE, ISSUE, wanted

OTHER_CASE, OTHER_ISSUE = "crm:Case:2", "jira:issue:8"


def mirror(**changes: str) -> links.Wanted:
    return wanted(relation="mirrors", **changes)


def test_a_record_that_has_a_mirror_gets_no_second_one(database: Database) -> None:
    with database.transaction() as session:
        adopted = [
            links.adopt(session, mirror(), right_ref=str(ISSUE), now=START),
            links.adopt(session, mirror(role="b"), right_ref=OTHER_ISSUE, now=START),
            links.adopt(session, mirror(left_ref=OTHER_CASE), right_ref=str(ISSUE), now=START),
            links.adopt(session, mirror(left_ref=str(ISSUE)), right_ref=str(CASE), now=START),
            links.adopt(session, mirror(left_ref=OTHER_CASE), right_ref=OTHER_ISSUE, now=START),
        ]

    assert adopted == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("left", "right"), [(str(CASE), OTHER_ISSUE), (OTHER_CASE, str(ISSUE))], ids=["left", "right"]
)
def test_the_database_refuses_it_too(database: Database, left: str, right: str) -> None:
    with database.transaction() as session:
        links.adopt(session, mirror(), right_ref=str(ISSUE), now=START)
        plain = wanted(role="b", left_ref=left, relation="originates")
        links.adopt(session, plain, right_ref=right, now=START)

    with pytest.raises(IntegrityError), database.transaction() as session:
        links.by_id(session, [plain.id])[plain.id].relation = "mirrors"


def test_other_relations_are_many_to_many(database: Database) -> None:
    with database.transaction() as session:
        adopted = [
            links.adopt(session, wanted(role=role, left_ref=left), right_ref=right, now=START)
            for role, left, right in (
                ("a", str(CASE), str(ISSUE)),
                ("b", str(CASE), OTHER_ISSUE),
                ("a", OTHER_CASE, str(ISSUE)),
            )
        ]

    assert adopted == [True, True, True]


def test_a_mirror_answers_for_every_role_that_would_make_another(database: Database) -> None:
    with database.transaction() as session:
        first = links.reserve(session, mirror(role="a"), now=START)
        second = links.reserve(session, mirror(role="b", delivery_id="dlv_2"), now=START)

    assert (second.id, second.delivery_id) == (first.id, "dlv_1")


def test_a_create_that_gives_the_mirror_of_another_record_leaves_a_dead_link(
    database: Database,
) -> None:
    """An upsert found what was there already."""
    with database.transaction() as session:
        links.adopt(session, mirror(), right_ref=str(ISSUE), now=START, key="ENG-7")
        mine = links.reserve(session, mirror(left_ref=OTHER_CASE), now=START)
        link = links.resolve(session, mine.id, right_ref=str(ISSUE), key="", url="", now=START)

    assert link is not None
    assert (link.state, mirrors.gave_way(link)) == (LinkState.DEAD, True)
    assert f"links {CASE} with ENG-7" in link.note


def test_a_restored_record_takes_its_mirror_back_only_if_nobody_has_it(database: Database) -> None:
    with database.transaction() as session:
        links.adopt(session, mirror(), right_ref=str(ISSUE), now=START, note="by ann")
        links.end_is_gone(session, str(CASE))
        other = mirror(left_ref=OTHER_CASE)
        links.adopt(session, other, right_ref=str(ISSUE), now=START)
        kept = [(one.id, one.state) for one in links.end_is_back(session, str(CASE))]
        kept_for = mirrors.any_gave_way(session, "crm")
        session.delete(links.by_id(session, [other.id])[other.id])
        session.flush()
        again = [one.state for one in links.end_is_back(session, str(CASE))]
        (link,) = links.of(session, str(CASE))

    assert kept == [(link.id, LinkState.DEAD)]
    assert (kept_for, again) == (True, [LinkState.LIVE])
    assert (link.state, link.note) == (LinkState.LIVE, "by ann")
