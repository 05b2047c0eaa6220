"""Several cards of one channel in one message: what each section keeps, size, order, and ends."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.action import Outcome, Receipt
from bridge.connectors.teams import PostCard
from bridge.connectors.teams.card import Link, Person, Severity
from bridge.connectors.teams.client import Posted
from bridge.connectors.teams.digest import FACTS, MOST
from bridge.connectors.teams.fit import MAX_BYTES
from bridge.connectors.teams.simulator.schema import card_of, texts
from bridge.connectors.teams.simulator.shown import as_text
from bridge.errors import AmbiguousOutcome, DeliveryError, TransientError
from connectors.teams.recorder import Recorder

LONG_URL = "https://a.example/" + "x" * 1_400


def update(number: int, **more: Any) -> PostCard:
    values = {"channel": "alerts", "title": f"Card {number}", "link": f"https://a.example/{number}"}
    return PostCard.model_validate(values | more)


def posted(cards: Sequence[PostCard]) -> tuple[Recorder, Sequence[Any]]:
    client = Recorder(Posted(status=202, run_id="08584"))
    keyed = [(card, f"k{number}") for number, card in enumerate(cards)]
    return client, PostCard.run_batch(client, keyed)


def content(client: Recorder) -> Any:
    """The one card that was sent, taken by the strict simulator."""
    ((channel, sent),) = client.sent
    assert channel == "alerts"
    assert len(sent) <= MAX_BYTES
    return card_of(json.loads(sent))


def test_each_card_is_a_section_in_order_and_ends_accepted() -> None:
    cards = [
        update(1, facts={"Status": "Done", "Score": 2}, text="It *works*."),
        update(2, severity="attention", links=[{"title": "Case", "url": "https://a.example/c"}]),
        update(3, link=""),
    ]

    client, answers = posted(cards)

    card = content(client)
    assert [as_text(text) for text in texts(card["body"])] == [
        "3 updates that had to wait",
        "Card 1", "Status", "Done", "Score", "2", "It *works*.",
        "Card 2", "Case",
        "Card 3",
    ]  # fmt: skip
    assert "(https://a.example/1)" in json.dumps(card)
    assert [one.get("style") for one in card["body"][1:]] == [None, "attention", None]
    assert card["fallbackText"] == "3 updates that had to wait: Card 1; Card 2; Card 3"
    assert {one.outcome for one in answers} == {Outcome.ACCEPTED}
    assert {one.note for one in answers} == {"run 08584, in one card of 3"}


def test_one_alone_is_sent_in_its_full_form() -> None:
    card = update(1, text="x" * 5_000)

    together, _ = posted([card])
    alone = Recorder(Posted(status=202))
    card.run(alone, "k0")

    assert together.sent == alone.sent


def test_a_section_is_short() -> None:
    facts = {f"Fact {number}": "y" * 500 for number in range(FACTS + 3)}

    client, _ = posted([update(1, text="x" * 5_000, facts=facts), update(2)])

    card = content(client)
    assert len(client.sent[0][1]) < 3_000
    (found,) = [each for each in card["body"][1]["items"] if each["type"] == "FactSet"]
    assert len(found["facts"]) == FACTS


def test_what_finds_no_room_goes_with_the_next_and_no_address_is_cut() -> None:
    cards = [
        update(number, link=LONG_URL, links=[{"title": "Case", "url": f"{LONG_URL}{number}"}])
        for number in range(MOST)
    ]

    client, answers = posted(cards)

    sent = [one for one in answers if one is not None]
    assert 1 < len(sent) < MOST
    assert answers[len(sent) :] == [None] * (MOST - len(sent))
    assert json.dumps(content(client)).count(LONG_URL) == 2 * len(sent)


def test_what_mentions_people_or_lists_goes_alone() -> None:
    dana = Person(id="dana@acme.example", name="Dana")

    assert update(1).batch_key() == "alerts"
    assert update(1, links=(Link(title="Case", url="https://a.example"),)).batch_key() == "alerts"
    assert update(1, mentions=(dana,)).batch_key() is None
    assert update(1, items=(Link(title="ENG-1"),)).batch_key() is None
    assert update(1, more=3).batch_key() is None


@pytest.mark.parametrize("error", [AmbiguousOutcome("cut"), TransientError("busy")])
def test_what_befalls_the_message_is_raised(error: DeliveryError) -> None:
    client = Recorder(error)

    with pytest.raises(type(error)):
        PostCard.run_batch(client, [(update(1), "k1"), (update(2), "k2")])


TEXTS = st.text(max_size=3_000)
LINKS = st.lists(st.builds(Link, title=st.text(max_size=90), url=st.just(LONG_URL)), max_size=4)


@given(
    cards=st.lists(
        st.builds(
            PostCard,
            channel=st.just("alerts"),
            title=TEXTS,
            text=TEXTS,
            link=st.sampled_from(["", "https://a.example/1", LONG_URL, "javascript:alert(1)"]),
            links=LINKS.map(tuple),
            facts=st.dictionaries(st.text(max_size=40), TEXTS, max_size=7),
            severity=st.sampled_from(list(Severity)),
        ),
        min_size=1,
        max_size=MOST,
    )
)
def test_whatever_they_say_the_message_is_taken_and_none_is_left_out(
    cards: list[PostCard],
) -> None:
    client, answers = posted(cards)

    sent = [one for one in answers if one is not None]
    body = content(client)["body"]
    assert len(body) - 1 == len(sent) or len(sent) == 1
    assert all(isinstance(one, Receipt) for one in sent)
