"""What was said on records before they were linked is history: it crosses only where the sync says so."""

from collections.abc import Iterator

import pytest

from bridge.demo.stage import Stage
from talking.town_hall import SYNC, Hall, Linked, mappings

LONG = SYNC.replace("roles: [task]", "roles: [task, improvement]").replace(
    "attachments: {", "attachments: {earlier: 7d, "
)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Files of the last seven days before a link cross as well, comments do not."""
    stage = Stage.up(mappings(tmp_path_factory.mktemp("mappings"), LONG), seed=6)
    yield Hall(stage=stage)
    stage.close()


def test_two_that_are_linked_by_hand_keep_their_old_comments_to_themselves(hall: Hall) -> None:
    pair = hall.apart()
    hall.stage.jira.comment(pair.issue, "Seen on build 811.")
    hall.stage.salesforce.comment(pair.case, "It reboots", published=True)
    hall.stage.jira.attach(pair.issue, "log.txt", "It reboots")
    pair.settle()

    pair.link()
    old = (pair.on_case(), pair.on_issue())
    hall.stage.jira.comment(pair.issue, "Fixed in build 812.")
    pair.settle()

    assert old == (["It reboots"], ["Seen on build 811."])
    assert pair.texts(pair.on_case()) == ["It reboots", "Fixed in build 812."]
    assert pair.files_on_case() == {"log.txt": b"It reboots"}


def test_what_was_said_on_a_case_before_it_is_sent_to_engineering_stays_there(hall: Hall) -> None:
    case = hall.case(Severity__c="Low")
    hall.stage.salesforce.comment(case, "Call me at home", published=True)
    Linked(stage=hall.stage, case=case, issue="").settle()

    hall.stage.salesforce.edit("Case", case, Send_To_Engineering__c=True)
    linked = hall.of(case)
    hall.stage.salesforce.comment(case, "Since Monday", published=True)
    linked.settle()

    assert linked.texts(linked.on_issue()) == ["Since Monday"]
