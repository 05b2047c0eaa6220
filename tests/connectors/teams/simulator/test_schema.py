"""The simulator as a judge: what it takes, and what it refuses in Teams' own way."""

import copy
import json
from typing import Any

import pytest

from bridge.connectors.teams.simulator import TeamsSimulator, build
from bridge.connectors.teams.simulator.schema import MAX_MESSAGE_BYTES

DROP = object()


def good() -> dict[str, Any]:
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "type": "AdaptiveCard",
                    "version": "1.5",
                    "msteams": {
                        "entities": [
                            {
                                "type": "mention",
                                "text": "<at>Dana</at>",
                                "mentioned": {"id": "dana@acme.example", "name": "Dana"},
                            }
                        ]
                    },
                    "body": [
                        {"type": "TextBlock", "text": "Hello <at>Dana</at>", "wrap": True},
                        {"type": "FactSet", "facts": [{"title": "a", "value": "b"}]},
                    ],
                    "actions": [
                        {"type": "Action.OpenUrl", "title": "Open", "url": "https://a.example"}
                    ],
                },
            }
        ],
    }


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good message with one place changed; `DROP` takes it out."""
    body: Any = copy.deepcopy(good())
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner = body
    for part in way:
        inner = inner[part]
    if value is DROP:
        del inner[last]
    else:
        inner[last] = value
    return dict(body)


@pytest.fixture
def teams() -> TeamsSimulator:
    return build(channels=["alerts"])


def send(teams: TeamsSimulator, body: Any) -> int:
    url = teams.url("alerts", "http://x")
    workflow, query = url.split("/workflows/")[1].split("/")[0], url.split("?")[1]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return teams.invoke(workflow, query, "application/json", content).status


def test_a_good_card_appears(teams: TeamsSimulator) -> None:
    assert send(teams, good()) == 202

    (card,) = teams.cards("alerts")
    assert card.title == "Hello Dana"
    assert card.facts == {"a": "b"}
    assert card.links == {"Open": "https://a.example"}
    assert card.mentioned == ("dana@acme.example",)
    assert teams.failed_runs == ()


CARD = "attachments.0.content"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("type", None),
        ("attachments", {}),
        ("attachments", None),
        ("attachments.0", "card"),
        ("attachments.0.contentType", None),
        (CARD, None),
        (CARD, "{}"),
    ],
)
def test_what_the_trigger_cannot_read_is_400_and_no_run(
    teams: TeamsSimulator, path: str, value: Any
) -> None:
    assert send(teams, changed(path, value)) == 400
    assert teams.cards() == ()
    assert teams.failed_runs == ()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 50_000])
def test_a_body_that_is_no_object_is_400(teams: TeamsSimulator, body: bytes) -> None:
    assert send(teams, body) == 400


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("type", "card", "type is not"),
        ("attachments", DROP, "array of one"),
        ("attachments", [], "array of one"),
        ("colour", "red", "unknown properties"),
        ("attachments.0.contentType", "text/html", "contentType"),
        ("attachments.0.content", DROP, "AdaptiveCard"),
        (f"{CARD}.type", "MessageCard", "AdaptiveCard"),
        (f"{CARD}.version", "1.6", "version"),
        (f"{CARD}.version", DROP, "version"),
        (f"{CARD}.body", [], "body is empty"),
        (f"{CARD}.colour", "red", "no property 'colour'"),
        (f"{CARD}.body.0.type", "Text", "no type 'Text'"),
        (f"{CARD}.body.0.text", None, "not a string"),
        (f"{CARD}.body.0.text", DROP, "lacks text"),
        (f"{CARD}.body.0.wrap", "true", "true or false"),
        (f"{CARD}.body.0.size", "Huge", "not one of"),
        (f"{CARD}.body.0.maxLines", "3", "not a number"),
        (f"{CARD}.body.0.is_subtle", True, "no property"),
        (f"{CARD}.body.1.facts.0.value", 5, "not a string"),
        (f"{CARD}.body.1.facts", None, "not an array"),
        (f"{CARD}.actions.0.type", "Action.Submit", "no type 'Action.Submit'"),
        (f"{CARD}.actions.0.url", "javascript:x", "not an address"),
        (f"{CARD}.actions", [good()["attachments"][0]["content"]["actions"][0]] * 7, "more than 6"),
        (f"{CARD}.msteams.entities.0.text", "<at>Dan</at>", "does not stand in the card"),
        (f"{CARD}.msteams.entities.0.text", "Dana", "does not stand in the card"),
        (f"{CARD}.msteams.entities.0.mentioned.id", "42", "neither an object id"),
        (f"{CARD}.msteams.entities.0.mentioned", None, "not an object"),
    ],
)
def test_what_teams_cannot_show_is_202_and_a_failed_run(
    teams: TeamsSimulator, path: str, value: Any, reason: str
) -> None:
    assert send(teams, changed(path, value)) == 202
    assert teams.cards() == ()
    assert [reason in run.reason for run in teams.failed_runs] == [True]


def test_a_card_over_28_kb_never_appears(teams: TeamsSimulator) -> None:
    text = "x" * (MAX_MESSAGE_BYTES + 1)

    assert send(teams, changed(f"{CARD}.body.0.text", text + "<at>Dana</at>")) == 202
    assert teams.cards() == ()
    assert teams.failed_runs[0].reason == "Request Entity too large"


def test_the_same_content_twice_is_counted(teams: TeamsSimulator) -> None:
    for body in (good(), good(), changed(f"{CARD}.body.1.facts.0.value", "c")):
        send(teams, body)

    assert len(teams.cards()) == 3
    assert len(teams.duplicates()) == 1
    assert len(teams.duplicates("alerts")) == 1
