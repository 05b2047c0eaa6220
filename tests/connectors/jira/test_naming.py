"""What people call an issue: an id, a key, or the address of a page that shows it."""

import pytest

from bridge.connectors.found import Named
from bridge.connectors.jira.reader import name
from connectors.jira.harbour import URL, settings_of


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("10231", Named(object="issue", id="10231")),
        ("ENG-12", Named(object="issue", key="ENG-12")),
        ("eng-12", Named(object="issue", key="ENG-12")),
        (f"{URL}/browse/ENG-12", Named(object="issue", key="ENG-12")),
        (f"{URL}/browse/ENG-12?focusedCommentId=7", Named(object="issue", key="ENG-12")),
        (f"{URL}/servicedesk/customer/portal/3/ENG-12", Named(object="issue", key="ENG-12")),
        (
            f"{URL}/jira/software/projects/ENG/boards/1?selectedIssue=ENG-12",
            Named(object="issue", key="ENG-12"),
        ),
        ("https://elsewhere.atlassian.net/browse/ENG-12", None),
        (f"{URL}.evil.example/browse/ENG-12", None),
        (f"{URL}/jira/your-work", None),
        ("twelve", None),
        ("", None),
    ],
)
def test_an_id_a_key_and_a_url_of_this_site_name_an_issue(said: str, named: Named | None) -> None:
    assert name(settings_of(), said) == named
