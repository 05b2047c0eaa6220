"""`teams.post_card`, alone."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.connectors.action import Outcome, Repeat
from bridge.connectors.teams import CONNECTOR, PostCard
from bridge.connectors.teams import test_card as card_for_a_test
from bridge.connectors.teams.card import Link
from bridge.connectors.teams.client import Posted
from bridge.connectors.teams.fit import message
from bridge.connectors.teams.simulator.schema import card_of, texts
from bridge.connectors.teams.simulator.shown import as_text
from connectors.teams.recorder import Recorder


def shown(card: PostCard) -> list[str]:
    body = card_of(json.loads(message(card.card())))["body"]
    return [as_text(text) for text in texts(body)]


def test_the_connector_offers_it() -> None:
    assert CONNECTOR.actions == (PostCard,)
    assert PostCard.repeat is Repeat.UNSAFE
    assert PostCard.kind == "teams.post_card"


@pytest.mark.parametrize("example", PostCard.examples)
def test_an_example_reads_back_from_its_stored_row(example: Mapping[str, Any]) -> None:
    card = PostCard.model_validate(example)

    assert PostCard.model_validate(card.model_dump(mode="json")) == card
    assert PostCard.model_validate_json(card.model_dump_json()) == card
    assert card.model_dump(mode="json")["stale_after"] == "2h"
    assert card.stale_after == timedelta(hours=2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"},
        {"channel": ""},
        {"severity": "critical"},
        {"ambiguous": "maybe"},
        {"stale_after": 7_200},
        {"links": [{"title": "x", "href": "y"}]},
        {"facts": {"a": {"b": "c"}}},
    ],
)
def test_a_wrong_field_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PostCard.model_validate({"channel": "alerts", "title": "x", **wrong})


def test_cards_of_one_channel_keep_their_order() -> None:
    keys = {PostCard(channel=name, title="x").ordering_key() for name in ("a", "a", "b")}

    assert len(keys) == 2


def test_a_202_is_accepted_and_never_more() -> None:
    client = Recorder(Posted(status=202, run_id="08584"))

    receipt = PostCard(channel="alerts", title="Hello").run(client, "key")

    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.note == "run 08584"
    assert client.sent[0][0] == "alerts"
    assert b"Hello" in client.sent[0][1]


def test_another_success_is_accepted_with_a_note() -> None:
    receipt = PostCard(channel="alerts", title="x").run(Recorder(Posted(status=200)), "key")

    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.note == "no run id, answered 200 instead of 202"


def test_facts_are_shown_as_people_write_them_and_absent_ones_left_out() -> None:
    card = PostCard.model_validate(
        {
            "channel": "a",
            "title": "t",
            "facts": {"Score": 2, "Mean": 2.5, "Whole": 3.0, "Open": True, "None": None, "": "x"},
        }
    )

    assert shown(card)[1:] == ["Score", "2", "Mean", "2.5", "Whole", "3", "Open", "yes", "", "x"]


def test_the_link_is_the_first_button_and_links_without_address_are_none() -> None:
    card = PostCard(
        channel="a",
        title="t",
        link="https://a.example/1",
        links=(Link(title="Case", url="https://a.example/2"), Link(title="None", url="")),
    )
    actions = card_of(json.loads(message(card.card())))["actions"]

    assert [(each["title"], each["url"]) for each in actions] == [
        ("Open", "https://a.example/1"),
        ("Case", "https://a.example/2"),
    ]


def test_the_card_of_a_channel_test_says_what_it_is() -> None:
    card = card_for_a_test("alerts")

    assert card.channel == "alerts"
    assert "test" in card.text
