"""Against the simulators: files are brought to the other side once, and only those that may be."""

import pytest

from bridge.connectors.simulation.faults import Fault
from talking.town_hall import Linked

both = pytest.mark.parametrize("hall", ["sqlite", "postgresql"], indirect=True)
LARGE = bytes(range(256)) * 3_000  # 768 kB: more than one piece


@both
def test_a_file_on_the_issue_is_brought_to_the_case_and_taken_away_with_it(linked: Linked) -> None:
    jira = linked.stage.jira
    shot = jira.attach(linked.issue, "shot.png", LARGE)
    jira.attach(linked.issue, "a 'log' – Ärger.txt", "line\r\n--bridge-file\r\n")
    linked.settle()

    assert linked.files_on_case()["shot.png"] == LARGE
    assert len(linked.files_on_case()) == 2

    jira.detach(linked.issue, shot)
    linked.settle()

    assert "shot.png" not in linked.files_on_case()
    assert len(linked.files_on_issue()) == 1  # nothing came back


def test_a_file_on_the_case_is_brought_to_the_issue_and_taken_away_with_it(linked: Linked) -> None:
    linked.searched_from_now_on("customer-file")
    file = linked.stage.salesforce.attach(linked.case, "log.txt", "It reboots")
    linked.search("customer-file")

    assert linked.files_on_issue() == {"log.txt": b"It reboots"}

    linked.stage.salesforce.detach(file)
    linked.search("customer-file")

    assert linked.files_on_issue() == {}
    assert linked.files_on_case() == {}


def test_files_that_no_webhook_told_of_are_found_and_so_are_those_that_are_gone(
    linked: Linked,
) -> None:
    linked.searched_from_now_on("engineering-file")
    gone = linked.stage.jira.attach(linked.issue, "old.txt", "It reboots")
    linked.settle()
    assert sorted(linked.files_on_case()) == ["old.txt"]

    with linked.untold():
        linked.stage.jira.attach(linked.issue, "log.txt", "It reboots at night")
        linked.stage.jira.detach(linked.issue, gone)
        linked.search("engineering-file")

    assert linked.files_on_case() == {"log.txt": b"It reboots at night"}
    assert len(linked.files_on_issue()) == 1


def test_a_private_file_never_crosses(linked: Linked) -> None:
    linked.searched_from_now_on("customer-file")
    linked.stage.salesforce.attach(linked.case, "secret.txt", "tide", private=True)
    linked.search("customer-file")

    assert linked.files_on_issue() == {}
    assert linked.owed() == []


def test_a_file_that_is_too_large_or_of_another_type_is_skipped_and_the_log_says_why(
    linked: Linked,
) -> None:
    linked.stage.jira.attach(linked.issue, "huge.txt", b"x" * 1_000_001)
    linked.stage.jira.attach(linked.issue, "run.exe", b"MZ")
    linked.settle()

    assert linked.files_on_case() == {}
    assert linked.owed() == [("attachment", "cancelled")] * 2
    assert [one.partition(":")[0] for one in linked.reasons()] == ["skipped"] * 2
    assert "1,000,001 bytes, and 1,000,000 are the most" in linked.reasons()[0]


def test_a_lost_answer_brings_no_second_file(linked: Linked) -> None:
    linked.searched_from_now_on("customer-file")
    faults = linked.stage.salesforce.faults
    faults.next(Fault.CUT_AFTER, method="POST", path_contains="ContentVersion")
    linked.stage.jira.attach(linked.issue, "shot.png", LARGE)
    linked.settle()
    linked.stage.jira.faults.next(Fault.CUT_AFTER, method="POST", path_contains="/attachments")
    linked.stage.salesforce.attach(linked.case, "log.txt", "It reboots")
    linked.search("customer-file")

    assert sorted(linked.files_on_issue()) == sorted(linked.files_on_case())
    rows = linked.stage.salesforce.records("ContentVersion")
    assert len([one for one in rows if one["FirstPublishLocationId"] == linked.case]) == 2
    issue = linked.stage.jira.site.state.issue(linked.issue)
    assert len(issue.attachments) == 2
