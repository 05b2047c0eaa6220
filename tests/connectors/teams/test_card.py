"""Cards: their shape, their limits, and their size. The simulator's schema is the judge."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.connectors.teams.card import (
    MAX_ACTIONS,
    MAX_FACTS,
    MAX_ITEMS,
    Card,
    Link,
    Person,
    Severity,
)
from bridge.connectors.teams.fit import MAX_BYTES, level, message
from bridge.connectors.teams.markdown import MARKER
from bridge.connectors.teams.simulator.schema import card_of, check_trigger, texts
from bridge.connectors.teams.simulator.shown import as_text

DANA = Person(id="dana.reyes@acme.example", name="Dana Reyes")
FULL = Card(
    title="FEED-42 [escalated]",
    text="Export loses\nthe *last* row",
    severity=Severity.ATTENTION,
    facts=(("Case", "00001234"), ("Status", "In Progress")),
    links=(Link(title="Open in Jira", url="https://acme.atlassian.net/browse/FEED-42"),),
    mentions=(DANA,),
)


def sent(card: Card) -> dict[str, Any]:
    """The card as it goes out, after the strict judge has taken it."""
    body = json.loads(message(card))
    check_trigger(body)
    return dict(card_of(body))


def shown(card: Card) -> list[str]:
    return [as_text(text) for text in texts(sent(card)["body"])]


def test_a_card_has_exactly_this_form() -> None:
    assert json.loads(message(FULL)) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.5",
                    "fallbackText": "FEED-42 [escalated]",
                    "msteams": {
                        "width": "full",
                        "entities": [
                            {
                                "type": "mention",
                                "text": "<at>Dana Reyes</at>",
                                "mentioned": {
                                    "id": "dana.reyes@acme.example",
                                    "name": "Dana Reyes",
                                },
                            }
                        ],
                    },
                    "body": [
                        {
                            "type": "Container",
                            "style": "attention",
                            "bleed": True,
                            "items": [
                                {
                                    "type": "TextBlock",
                                    "text": r"FEED-42 \[escalated\]",
                                    "weight": "Bolder",
                                    "size": "Medium",
                                    "wrap": True,
                                }
                            ],
                        },
                        {
                            "type": "TextBlock",
                            "text": "Export loses\n\nthe \\*last\\* row",
                            "wrap": True,
                        },
                        {
                            "type": "FactSet",
                            "facts": [
                                {"title": "Case", "value": "00001234"},
                                {"title": "Status", "value": "In Progress"},
                            ],
                        },
                        {"type": "TextBlock", "text": "<at>Dana Reyes</at>", "wrap": True},
                    ],
                    "actions": [
                        {
                            "type": "Action.OpenUrl",
                            "title": "Open in Jira",
                            "url": "https://acme.atlassian.net/browse/FEED-42",
                        }
                    ],
                },
            }
        ],
    }


def test_a_bare_card_leaves_out_what_it_has_not() -> None:
    card = sent(Card(title="Only a title"))

    assert "actions" not in card
    assert "entities" not in card["msteams"]
    assert len(card["body"]) == 1


def test_every_severity_has_its_own_colour() -> None:
    styles = [sent(Card(title="x", severity=each))["body"][0]["style"] for each in Severity]

    assert styles == ["accent", "good", "warning", "attention"]


def test_only_https_links_can_be_clicked_and_others_stay_readable() -> None:
    urls = [
        "http://127.0.0.1:8/browse/A",
        "javascript:alert(1)",
        "https://user@evil.example/x",
        "https:///nohost",
        "https://a.example/b c",
        "https://a.example/" + "x" * 2_000,
        "https://[bad",
        "HTTPS://ok.example/",
    ]
    card = Card(title="x", links=tuple(Link(title=f"L{n}", url=url) for n, url in enumerate(urls)))

    assert [each["url"] for each in sent(card)["actions"]] == ["HTTPS://ok.example/"]
    assert "L0: http://127.0.0.1:8/browse/A" in shown(card)
    assert "L1: javascript:alert(1)" in shown(card)


def test_there_are_six_buttons_at_most_and_the_rest_is_text() -> None:
    links = tuple(Link(title=f"L{n}", url=f"https://a.example/{n}") for n in range(8))
    card = Card(title="x", links=links)

    assert len(sent(card)["actions"]) == MAX_ACTIONS
    assert shown(card)[-2:] == ["L6: https://a.example/6", "L7: https://a.example/7"]


def test_facts_beyond_the_limit_are_counted() -> None:
    card = Card(title="x", facts=tuple((f"k{n}", "v") for n in range(MAX_FACTS + 5)))

    assert len(sent(card)["body"][1]["facts"]) == MAX_FACTS
    assert sent(card)["body"][1]["facts"][-1]["value"] == "and 6 more"


def test_items_are_linked_lines_and_the_rest_is_counted() -> None:
    items = tuple(Link(title=f"[{n}]", url=f"https://a.example/({n})") for n in range(25))
    card = Card(title="x", items=items, more=2)

    lines = [block["text"] for block in sent(card)["body"][1:]]
    assert lines[0] == r"[\[0\]](https://a.example/%280%29)"
    assert len(lines) == MAX_ITEMS + 1
    assert lines[-1] == "… and 7 more"


def test_an_item_whose_address_is_not_https_is_its_title() -> None:
    assert shown(Card(title="x", items=(Link(title="T", url="http://a.example"),)))[1] == "T"


def test_somebody_whose_id_could_fail_the_card_is_only_named() -> None:
    people = (
        DANA,
        Person(id="7b1f3f0e-0000-4000-8000-2f1d0c9b8a77", name="Ana <at>X</at> [b]"),
        Person(id="", name="Lee_Wu"),
        Person(id="712020:1f0c", name=""),
    )
    card = sent(Card(title="x", mentions=people))

    assert [each["mentioned"]["id"] for each in card["msteams"]["entities"]] == [
        "dana.reyes@acme.example",
        "7b1f3f0e-0000-4000-8000-2f1d0c9b8a77",
    ]
    assert card["body"][-1]["text"] == (
        "<at>Dana Reyes</at>, <at>Ana atX/at b</at>, LeeWu, somebody"
    )


def test_a_mention_in_foreign_text_mentions_nobody() -> None:
    card = sent(Card(title="<at>Dana Reyes</at>", text="<at>Dana Reyes</at>"))

    assert not any("<at>" in text for text in texts(card["body"]))


def test_a_long_text_is_cut_and_title_and_links_are_kept() -> None:
    for letter in ("x", "客", "👨\u200d👩\u200d👧", '"', "*", "\\", "e\u0301", "🇩🇪"):
        card = Card(title="The title", text=letter * 30_000, facts=FULL.facts, links=FULL.links)

        assert MAX_BYTES - 200 < len(message(card)) <= MAX_BYTES
        body = shown(card)
        assert body[0] == "The title"
        assert body[1].endswith(MARKER)
        assert set(body[1].removesuffix(MARKER).split(letter)) == {""}  # whole letters only
        assert body[2:] == ["Case", "00001234", "Status", "In Progress"]
        assert sent(card)["actions"][0]["url"] == FULL.links[0].url


def test_the_longest_texts_are_cut_first() -> None:
    card = Card(title="t", text="a" * 5_000, facts=(("k", "b" * 40_000), ("l", "c" * 30_000)))

    _, text, _, first, _, second = shown(card)
    assert text == "a" * 5_000
    assert first.endswith(MARKER)
    assert second.endswith(MARKER)
    assert abs(len(first) - len(second)) <= 1


def test_a_level_fills_the_room_exactly_once() -> None:
    assert level([10, 20, 300], 100) == 70
    assert level([50, 50], 60) == 30
    assert level([1, 2], 10) >= 2


_TEXT = st.text(max_size=60) | st.sampled_from(["客" * 3_000, "*" * 5_000, "🚀" * 700, '"\\' * 99])
_URL = st.sampled_from(
    [
        "",
        "https://a.example/x",
        "https://a.example/" + "(" * 480,
        "https://客.example/" + "户" * 400,
    ]
)
_LINKS = st.lists(st.builds(Link, title=_TEXT, url=_URL), max_size=40).map(tuple)
_PEOPLE = st.lists(
    st.builds(Person, id=st.sampled_from([DANA.id, "x", "a@" + "b" * 120 + ".c"]), name=_TEXT),
    max_size=15,
).map(tuple)
_CARDS = st.builds(
    Card,
    title=_TEXT,
    text=_TEXT,
    severity=st.sampled_from(Severity),
    facts=st.lists(st.tuples(_TEXT, _TEXT), max_size=60).map(tuple),
    links=_LINKS,
    items=_LINKS,
    more=st.integers(0, 10_000),
    mentions=_PEOPLE,
)


@settings(deadline=None)
@given(_CARDS)
def test_whatever_is_said_the_card_fits_and_teams_takes_it(card: Card) -> None:
    assert len(message(card)) <= MAX_BYTES
    assert sent(card)["body"]


def test_the_greatest_card_still_shows_a_part_of_everything() -> None:
    huge = "客" * 9_000
    links = tuple(Link(title=huge, url="https://a.example/" + "x" * 1_300) for _ in range(40))
    people = tuple(Person(id="a@" + "b" * 120 + ".cc", name=huge) for _ in range(20))
    card = Card(
        title=huge, text=huge, facts=((huge, huge),) * 60, links=links, items=links, mentions=people
    )

    assert len(message(card)) <= MAX_BYTES
    parts = [text for text in texts(sent(card)["body"]) if text not in {"…", "and 21 more"}]
    assert len(parts) == 1 + 1 + 39 * 2 + MAX_ITEMS + 1 + 10 + 1
    assert all(part.startswith(("客客", "<at>客客", "… and 20 more")) for part in parts)
