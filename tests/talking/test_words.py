"""A comment as its copy says it."""

from bridge.connectors import jira, salesforce
from bridge.pipeline.talking.words import squeezed, told

ANNA = {"id": "005", "name": "Anna [QA] Schmidt"}
SAID = {"author": ANNA, "body": "See {code} and !x.png!", "created_at": "2026-11-26T10:14:05+01:00"}


def test_a_copy_in_jira_names_its_author_and_does_nothing_that_it_did_not_do() -> None:
    assert jira.CONNECTOR.talk is not None

    body = told(SAID, system="salesforce", markup="text", there=jira.CONNECTOR.talk)

    assert body == (
        "Anna \\[QA] Schmidt (Salesforce), 26 Nov 2026 09:14 UTC:\n\nSee \\{code} and \\!x.png\\!"
    )


def test_a_copy_in_salesforce_is_plain_text() -> None:
    assert salesforce.CONNECTOR.talk is not None

    body = told(
        {"body": "Fixed.", "author": None},
        system="jira",
        markup="wiki",
        there=salesforce.CONNECTOR.talk,
    )

    assert body == "Somebody (Jira):\n\nFixed."


def test_markup_is_left_behind_and_an_image_is_named() -> None:
    assert salesforce.CONNECTOR.talk is not None

    body = told(
        {"body": "*Fixed*, see !shot.png|thumbnail!\n* one\n* two"},
        system="jira",
        markup="wiki",
        there=salesforce.CONNECTOR.talk,
    )

    assert body == "Somebody (Jira):\n\nFixed, see (image: shot.png)\n\n- one\n- two"


def test_a_text_is_known_again_however_it_is_wrapped_and_escaped() -> None:
    assert squeezed("See \\{code}\r\n and  this.") == squeezed("See {code} and\nthis.")
