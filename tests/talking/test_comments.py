"""Against the simulators: what is said on one side is said on the other, once, and never what must not."""

import pytest

from bridge.connectors.simulation.faults import Fault
from patience import until
from talking.town_hall import Hall, Linked

both = pytest.mark.parametrize("hall", ["sqlite", "postgresql"], indirect=True)


def test_a_comment_on_the_issue_is_said_on_the_case_with_its_author(linked: Linked) -> None:
    linked.stage.jira.comment(linked.issue, "Fixed in build 812.", by="Dana Reyes")
    linked.settle()

    (said,) = linked.on_case()
    head, _, text = said.partition("\n\n")
    assert head.startswith("Dana Reyes (Jira), ")
    assert head.endswith(" UTC:")
    assert text == "Fixed in build 812."
    (shown,) = linked.stage.salesforce.case_comments(linked.case)
    assert shown["IsPublished"] is False  # customers see copies only where the sync says so


def test_a_published_comment_on_the_case_is_said_on_the_issue(linked: Linked) -> None:
    linked.stage.salesforce.comment(linked.case, "It [still] reboots!", published=True)
    linked.settle()

    (said,) = linked.on_issue()
    head, _, text = said.partition("\n\n")
    assert "(Salesforce), " in head.replace("\\", "")
    assert text == "It \\[still] reboots\\!"


def test_a_copy_is_never_said_back(linked: Linked) -> None:
    linked.searched_from_now_on()
    for text in ("Fixed.", "Fixed again."):
        linked.stage.jira.comment(linked.issue, text)
        linked.stage.salesforce.comment(linked.case, f"Is it {text}", published=True)
    linked.settle()
    linked.search()

    assert len(linked.on_case()) == len(linked.on_issue()) == 4
    assert [step for step, _ in linked.owed()] == ["comment"] * 4


@both
def test_edits_and_deletions_reach_the_copy_and_no_other(linked: Linked) -> None:
    jira, salesforce = linked.stage.jira, linked.stage.salesforce
    kept = jira.comment(linked.issue, "Ebb")
    gone = jira.comment(linked.issue, "Flood")
    asked = salesforce.comment(linked.case, "Which build?", published=True)
    linked.settle()

    jira.edit_comment(linked.issue, kept, "Low tide")
    jira.delete_comment(linked.issue, gone)
    salesforce.edit("CaseComment", asked, CommentBody="Which build is it?")
    linked.settle()

    assert sorted(linked.texts(linked.on_case())) == ["Low tide", "Which build is it?"]
    assert sorted(linked.texts(linked.on_issue())) == ["Low tide", "Which build is it?"]
    assert linked.marked() == 1


def test_a_comment_that_is_deleted_on_the_case_is_found_by_search(linked: Linked) -> None:
    linked.searched_from_now_on()
    asked = linked.stage.salesforce.comment(linked.case, "Which build?", published=True)
    linked.settle()
    assert len(linked.on_issue()) == 1

    linked.stage.salesforce.delete("CaseComment", asked)
    linked.search()

    assert linked.on_issue() == []


def test_what_no_webhook_told_of_a_comment_on_the_issue_is_found_by_search(linked: Linked) -> None:
    linked.searched_from_now_on("engineering-comment")
    jira = linked.stage.jira
    changed, hidden, gone = (jira.comment(linked.issue, text) for text in ("Ebb", "Flood", "Slack"))
    linked.settle()
    assert len(linked.on_case()) == 3

    with linked.untold():
        jira.edit_comment(linked.issue, changed, "Low tide")
        jira.hide_comment(linked.issue, hidden, visible_to="Developers")
        jira.delete_comment(linked.issue, gone)
        jira.comment(linked.issue, "High tide")
        jira.comment(linked.issue, "For developers", visible_to="Developers")
        linked.search("engineering-comment")

    assert sorted(linked.texts(linked.on_case())) == ["High tide", "Low tide"]


def test_what_is_internal_restricted_or_unpublished_never_crosses(linked: Linked) -> None:
    jira = linked.stage.jira
    note = jira.comment(linked.issue, "An internal note", internal=True)
    jira.comment(linked.issue, "For developers", visible_to="Developers")
    linked.stage.salesforce.comment(linked.case, "Unpublished")
    linked.settle()
    jira.edit_comment(linked.issue, note, "Internal still")
    linked.settle()

    assert linked.on_case() == ["Unpublished"]
    assert len(linked.on_issue()) == 2
    assert linked.owed() == []


def test_what_becomes_restricted_is_taken_back_for_good(linked: Linked) -> None:
    jira = linked.stage.jira
    said = jira.comment(linked.issue, "The password is tide")
    linked.settle()
    assert len(linked.on_case()) == 1

    jira.hide_comment(linked.issue, said, visible_to="Developers")
    linked.settle()
    assert linked.on_case() == []

    jira.show_comment(linked.issue, said)
    jira.edit_comment(linked.issue, said, "Public once more")
    linked.settle()
    assert linked.on_case() == []
    assert [step for step, _ in linked.owed()] == ["comment", "withdraw_comment"]


def test_what_is_made_public_crosses_then(linked: Linked) -> None:
    note = linked.stage.jira.comment(linked.issue, "Fixed in build 812.", internal=True)
    linked.settle()
    assert linked.on_case() == []

    linked.stage.jira.show_comment(linked.issue, note)
    linked.settle()

    assert len(linked.on_case()) == 1


@both
def test_what_is_hidden_before_it_went_out_is_never_seen_there(linked: Linked) -> None:
    jira, salesforce = linked.stage.jira, linked.stage.salesforce
    salesforce.faults.configure(outage=True)
    said = jira.comment(linked.issue, "The key is under the mat")
    jira.hide_comment(linked.issue, said)
    assert until(lambda: linked.over() == 1)
    salesforce.faults.calm()
    linked.settle()

    said_there = [str(one.after.get("CommentBody")) for one in salesforce.journal]
    assert [one for one in said_there if "under the mat" in one] == []
    assert linked.owed() == [("comment", "expired")]
    assert linked.replayed() == ["expired"]


@both
def test_what_is_said_before_the_issue_is_there_waits_for_it(hall: Hall) -> None:
    hall.stage.jira.faults.configure(outage=True)
    case = hall.case()
    said = hall.stage.salesforce.comment(case, "It reboots", published=True)
    hall.stage.salesforce.comment(case, "Since Monday", published=True)
    assert until(lambda: hall.waiting(case) == 2)
    hall.stage.salesforce.edit("CaseComment", said, CommentBody="It reboots at night")
    assert until(lambda: hall.waiting(case) == 3)

    hall.stage.jira.faults.calm()
    linked = hall.of(case)

    assert linked.texts(linked.on_issue()) == ["It reboots at night", "Since Monday"]


def test_a_lost_answer_makes_no_second_copy(linked: Linked) -> None:
    linked.stage.salesforce.faults.next(Fault.CUT_AFTER, method="POST", path_contains="sobjects")
    linked.stage.jira.comment(linked.issue, "Fixed in build 812.")
    linked.settle()
    linked.stage.jira.faults.next(Fault.CUT_AFTER, method="POST", path_contains="/comment")
    linked.stage.salesforce.comment(linked.case, "Thank you", published=True)
    linked.settle()

    assert len(linked.on_case()) == len(linked.on_issue()) == 2


def test_a_copy_that_was_deleted_there_is_not_made_anew(linked: Linked) -> None:
    linked.searched_from_now_on()
    said = linked.stage.jira.comment(linked.issue, "Fixed in build 812.")
    linked.settle()
    (copy,) = linked.stage.salesforce.case_comments(linked.case)

    linked.stage.salesforce.delete("CaseComment", copy["Id"])
    linked.search()
    linked.stage.jira.edit_comment(linked.issue, said, "Fixed in build 813.")
    linked.settle()

    assert linked.on_case() == []
    assert len(linked.on_issue()) == 1


def test_a_copy_that_was_changed_there_changes_nothing_here(linked: Linked) -> None:
    linked.stage.jira.comment(linked.issue, "Fixed in build 812.")
    linked.settle()
    (copy,) = linked.stage.salesforce.case_comments(linked.case)

    linked.stage.salesforce.edit("CaseComment", copy["Id"], CommentBody="Nonsense")
    linked.stage.salesforce.edit("CaseComment", copy["Id"], IsPublished=True)
    linked.settle()

    assert linked.on_issue() == ["Fixed in build 812."]


def test_the_copies_stay_where_an_issue_is_deleted_with_its_comments(linked: Linked) -> None:
    linked.stage.jira.comment(linked.issue, "Fixed in build 812.")
    linked.settle()

    linked.stage.jira.delete_issue(linked.issue)
    linked.settle()

    assert len(linked.on_case()) == 1
