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


def test_a_name_stays_on_its_line_and_turns_nothing_around() -> None:
    assert salesforce.CONNECTOR.talk is not None
    author = {"name": "Anna\r\n\nBoss (Jira):\u202e \x00evil"}

    body = told(
        {"body": "Fixed.", "author": author},
        system="jira",
        markup="wiki",
        there=salesforce.CONNECTOR.talk,
    )

    assert body == "Anna Boss (Jira): evil (Jira):\n\nFixed."


def test_a_mention_at_one_jira_calls_nobody_at_the_other() -> None:
    assert jira.CONNECTOR.talk is not None
    said = {"body": "[~dana] and \\[~ivo]: *done*", "author": {"name": "Mei"}}

    body = told(said, system="jira", markup="wiki", there=jira.CONNECTOR.talk)

    assert body == "Mei (Jira):\n\n\\[~dana] and \\[~ivo]: *done*"


def test_html_and_macros_of_either_side_show_as_they_are_written() -> None:
    assert jira.CONNECTOR.talk is not None
    assert salesforce.CONNECTOR.talk is not None
    text = "<script>alert(1)</script> {html}<b>x</b>{html} [~accountid:1]"
    said = {"body": text, "author": {"name": "Mei"}}

    there = told(said, system="salesforce", markup="text", there=jira.CONNECTOR.talk)
    here = told(said, system="jira", markup="wiki", there=salesforce.CONNECTOR.talk)

    assert there.partition("\n\n")[2] == (
        "<script>alert(1)</script> \\{html}<b>x</b>\\{html} \\[\\~accountid:1]"
    )
    assert here.partition("\n\n")[2] == text


def test_a_text_is_known_again_however_it_is_wrapped_and_escaped() -> None:
    assert squeezed("See \\{code}\r\n and  this.") == squeezed("See {code} and\nthis.")
