"""The judge of a round: what is whole is fine, and each way to break a promise is seen."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chaos.evidence import Books, Evidence, Issue, Write
from chaos.people import Done
from chaos.verdict import WINDOW, Finding, judge

Make = Callable[..., Evidence]
TWO_CARDS = Counter({("engineering", "ENG-1"): 2, ("operations", "ENG-2"): 1})


def test_what_is_whole_is_fine(done: Done, evidence: Make) -> None:
    assert judge(done, evidence()) == []


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"of_issue": {"title": 1}}, "ENG-1 has title 1 of 2"),
        ({"of_board": {"due": 2}}, "Feedback 01 shows due date 2 of 3 to 3"),
        ({"of_board": {"column": 0}}, "Feedback 01 is in column 0 of 1 to 1"),
        ({"of_board": {"key": ""}}, "Feedback 01 shows no key for ENG-1"),
        ({"of_board": {"box": True}}, "the box of Feedback 01 is still ticked"),
        ({"of_board": {"problem": "no"}}, "Feedback 01 shows a problem: no"),
        ({"issues": []}, "Feedback 01 has no Task"),
        ({"of_issue": {"kind": "Bug"}}, "Feedback 01 has 1 × Bug: ENG-1"),
        ({"of_issue": {"case": "Feedback 09"}}, "ENG-1 is of no case that there is: Feedback 09"),
        ({"cards": Counter()}, "no card about ENG-2 in operations"),
        ({"cards": TWO_CARDS}, "2 cards about ENG-1 in engineering, none marked uncertain"),
        ({"books": Books(left=["dlv_1"])}, "not over: dlv_1"),
        ({"books": Books(dead=["dlv_1"])}, "dead: dlv_1"),
        ({"books": Books(unread=["msg_1 bad: no"])}, "message msg_1 bad: no"),
        ({"books": Books(leases=["key"])}, "still leased: key"),
        ({"books": Books(disagreeing=["key"])}, "a key lost sight of its work: key"),
        ({"books": Books(idle_but_due=["key"])}, "a key is due and has no work: key"),
        ({"books": Books(owed=["dlv_1"])}, "still owed after an end: dlv_1"),
    ],
)
def test_what_is_missing_or_left_is_said(
    spoilt: dict[str, Any], said: str, done: Done, evidence: Make
) -> None:
    assert said in [one.text for one in judge(done, evidence(**spoilt))]


def test_a_create_that_came_twice_is_said_with_its_moment(
    done: Done, evidence: Make, issue: Issue
) -> None:
    later = datetime(2026, 11, 23, 13, tzinfo=UTC)
    twice = [issue, replace(issue, key="ENG-7", made=later)]

    found = judge(done, evidence(issues=twice))

    assert Finding(text="Feedback 01 has 2 × Task: ENG-1, ENG-7", at=later) in found


def test_what_goes_backwards_is_said_even_if_it_ends_well(
    done: Done, evidence: Make, writes: Callable[..., list[Write]]
) -> None:
    back = writes(0, 1, 0, 2)

    titles = judge(done, evidence(of_issue={"titles": back}))
    dues = judge(done, evidence(of_board={"dues": back}))
    columns = judge(done, evidence(of_board={"columns": back}))

    moment = back[2].at
    assert titles == [Finding(text="the title of ENG-1 went from 1 back to 0", at=moment)]
    assert dues == [Finding(text="the due date of Feedback 01 went from 1 back to 0", at=moment)]
    assert columns == [Finding(text="the column of Feedback 01 went from 1 back to 0", at=moment)]


def test_a_second_card_is_allowed_where_its_delivery_is_marked(done: Done, evidence: Make) -> None:
    doubtful = frozenset({("engineering", "ENG-1")})

    assert judge(done, evidence(cards=TWO_CARDS, doubtful=doubtful)) == []


def test_what_jira_gave_up_to_tell_is_not_asked_of_us(done: Done, evidence: Make) -> None:
    due = evidence(of_issue={"due": 5, "heard_due": 2}, of_board={"due": 3})
    incident = evidence(heard=frozenset({"ENG-1"}), cards=Counter({("engineering", "ENG-1"): 1}))

    assert judge(done, due) == []
    assert judge(done, incident) == []


def test_only_a_write_just_after_a_thaw_is_excused() -> None:
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    finding, thaw = Finding(text="twice", at=moment), moment.timestamp()

    assert finding.excused([thaw - WINDOW / 2])
    assert not finding.excused([thaw - WINDOW * 2])
    assert not finding.excused([thaw + WINDOW])
    assert not Finding(text="lost").excused([thaw])
