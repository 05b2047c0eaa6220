"""Several cards of one channel as one message: a section each, for a channel that is behind.

A section keeps the title with its link, the first facts, and the beginning of the text. What finds
no room with its addresses whole goes into the next message.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from microsoft_teams.cards import Container, Fact, FactSet, TextBlock

from bridge.connectors.teams.card import OPEN, Card, Link, Severity, prepared, shown, wrapped
from bridge.connectors.teams.fit import MAX_BYTES
from bridge.connectors.teams.markdown import cut, escaped, link

MOST = 20  # sections of a message: as many lines as a list has
HEAD_BYTES = 2_000  # of the message around its sections
ROOM = MAX_BYTES - HEAD_BYTES
TITLE_BYTES = 300
TEXT_BYTES = 300
FACTS = 5
FACT_BYTES = 120
_STYLE: dict[Severity, Literal["good", "warning", "attention"]] = {
    Severity.GOOD: "good",
    Severity.WARNING: "warning",
    Severity.ATTENTION: "attention",
}


@dataclass(frozen=True, kw_only=True)
class Section:
    """One card's part of the message. `bytes` is what it adds to its size."""

    title: str
    element: Container
    bytes: int


def section(card: Card) -> Section:
    """A card in short."""
    ready = prepared(card)
    title = cut(ready.title, TITLE_BYTES)
    element = Container(
        style=_STYLE.get(ready.severity), separator=True, items=_items(ready, title)
    )
    size = len(_encoded(element.model_dump(by_alias=True, exclude_none=True))) + len(",")
    return Section(title=title, element=element, bytes=size)


def message(sections: Sequence[Section]) -> bytes:
    """The message to send, its sections in the order given."""
    count = f"{len(sections)} updates that had to wait"
    head = TextBlock(text=count, weight="Bolder", size="Medium", wrap=True)
    titles = cut(f"{count}: {'; '.join(each.title for each in sections)}", TITLE_BYTES)
    body: list[Any] = [head, *(each.element for each in sections)]
    return _encoded(wrapped(shown(titles, body)))


def _items(card: Card, title: str) -> list[Any]:
    first = card.links[0] if card.links and card.links[0].title == OPEN else None
    head = link(title, first.url) if first else escaped(title)
    others = [_linked(each) for each in card.links if each is not first]
    lines = [cut(line, FACT_BYTES) for line in card.leftovers]
    return [
        TextBlock(text=head, weight="Bolder", wrap=True),
        *([_facts(card)] if card.facts else []),
        *([_block(escaped(cut(card.text, TEXT_BYTES)))] if card.text else []),
        *([_block(" · ".join(others))] if others else []),
        *(_block(escaped(line)) for line in lines),
    ]


def _facts(card: Card) -> FactSet:
    return FactSet(
        facts=[
            Fact(title=escaped(cut(label, FACT_BYTES)), value=escaped(cut(value, FACT_BYTES)))
            for label, value in card.facts[:FACTS]
        ]
    )


def _linked(each: Link) -> str:
    return link(each.title, each.url)


def _block(text: str) -> TextBlock:
    return TextBlock(text=text, wrap=True)


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
