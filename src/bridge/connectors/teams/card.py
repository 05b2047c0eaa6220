"""An Adaptive Card 1.5 in a Workflows message, from what a rule wants to say.

Size and number limits are Teams' own (Microsoft, "Create an Incoming Webhook"); a message over
28 KB is answered 202 and never appears, so ours stay well below.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import urlsplit

from microsoft_teams.cards import (
    AdaptiveCard,
    Container,
    Fact,
    FactSet,
    Mention,
    MentionedEntity,
    OpenUrlAction,
    TeamsCardProperties,
    TextBlock,
)
from pydantic import BaseModel, ConfigDict

from bridge.connectors.teams.markdown import cut, escaped, in_url, link, one_line, plain

SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
MAX_ACTIONS = 6
MAX_FACTS = 40
MAX_ITEMS = 20
MAX_MENTIONS = 10
MAX_LEFTOVERS = 10
MAX_TITLE_BYTES = 600
MAX_BUTTON_BYTES = 80
MAX_NAME_BYTES = 64
MAX_ID_CHARS = 128
MAX_URL_BYTES = 1_500
MAX_ALL_URLS_BYTES = 8_000  # an address cannot be cut, so all of them share this
OPEN = "Open"  # the button of a card's own link

_PERSON_ID = re.compile(
    r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\"]+"
)
_NOT_IN_A_NAME = re.compile(r"[<>\[\]*_`~\\]")


class Severity(StrEnum):
    """How a card's head is coloured, mildest first."""

    INFO = "info"
    GOOD = "good"
    WARNING = "warning"
    ATTENTION = "attention"


_STYLE: Mapping[Severity, Literal["accent", "good", "warning", "attention"]] = {
    Severity.INFO: "accent",
    Severity.GOOD: "good",
    Severity.WARNING: "warning",
    Severity.ATTENTION: "attention",
}


class Link(BaseModel):
    """A title and where it leads; only https becomes something to click."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    url: str = ""


class Person(BaseModel):
    """Somebody to be mentioned: `id` is an Entra object id or a user principal name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is said. Texts are as they came; `envelope` escapes them."""

    title: str
    text: str = ""
    severity: Severity = Severity.INFO
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[Link, ...] = ()
    items: tuple[Link, ...] = ()
    more: int = 0  # items that are not listed
    mentions: tuple[Person, ...] = ()
    leftovers: tuple[str, ...] = ()  # links that may not be clicked, as text


def prepared(card: Card) -> Card:
    """Cleaned, and within every limit of number; `fit.fitted` then sees to the size."""
    buttons, leftovers, left = _buttons(card.links)
    items = _items(card.items, left)
    return Card(
        title=cut(one_line(card.title), MAX_TITLE_BYTES) or "(no title)",
        text=plain(card.text),
        severity=card.severity,
        facts=_facts(card.facts),
        links=buttons,
        items=items,
        more=card.more + len(card.items) - len(items),
        mentions=tuple(_person(person) for person in card.mentions[:MAX_MENTIONS]),
        leftovers=(*card.leftovers, *leftovers)[:MAX_LEFTOVERS],
    )


def envelope(card: Card) -> dict[str, Any]:
    """The whole message for the Workflows trigger, from a prepared card."""
    return wrapped(
        shown(
            card.title,
            _body(card),
            msteams=TeamsCardProperties(width="full", entities=_entities(card) or None),
            actions=[OpenUrlAction(title=each.title, url=each.url) for each in card.links] or None,
        )
    )


def shown(summary: str, body: list[Any], **more: Any) -> AdaptiveCard:
    """The card with this body, over the channel's whole width; a notification says the summary."""
    width = {"msteams": TeamsCardProperties(width="full")}
    return AdaptiveCard(version="1.5", fallback_text=summary, body=body, **{**width, **more})


def wrapped(card: AdaptiveCard) -> dict[str, Any]:
    """The message that the Workflows trigger takes."""
    content = {"$schema": SCHEMA, **card.model_dump(by_alias=True, exclude_none=True)}
    attachment = {"contentType": CONTENT_TYPE, "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def encoded(card: Card) -> bytes:
    """The bytes that are sent, and that count against the size limit."""
    return json.dumps(envelope(card), ensure_ascii=False, separators=(",", ":")).encode()


def mentionable(person: Person) -> bool:
    """A wrong id may fail the whole card, so anything but the two known forms is shown as a name."""
    return len(person.id) <= MAX_ID_CHARS and bool(_PERSON_ID.fullmatch(person.id))


def _body(card: Card) -> list[Any]:
    title = TextBlock(text=escaped(card.title), weight="Bolder", size="Medium", wrap=True)
    head = Container(style=_STYLE[card.severity], bleed=True, items=[title])
    facts = [Fact(title=escaped(label), value=escaped(value)) for label, value in card.facts]
    return [
        head,
        *([_block(escaped(card.text))] if card.text else []),
        *([FactSet(facts=facts)] if facts else []),
        *(_block(_item(each)) for each in card.items),
        *([_block(f"… and {card.more} more")] if card.more else []),
        *(_block(escaped(line)) for line in card.leftovers),
        *([_block(_mentioned(card))] if card.mentions else []),
    ]


def _block(text: str) -> TextBlock:
    return TextBlock(text=text, wrap=True)


def _item(item: Link) -> str:
    return link(item.title, item.url) if item.url else escaped(item.title)


def _at(person: Person) -> str:
    return f"<at>{person.name}</at>"


def _mentioned(card: Card) -> str:
    """The text of a mention must equal its entity's, letter by letter."""
    return ", ".join(
        _at(each) if mentionable(each) else escaped(each.name) for each in card.mentions
    )


def _entities(card: Card) -> list[Mention]:
    return [
        Mention(text=_at(each), mentioned=MentionedEntity(id=each.id, name=each.name))
        for each in card.mentions
        if mentionable(each)
    ]


def _person(person: Person) -> Person:
    name = cut(_NOT_IN_A_NAME.sub("", one_line(person.name)), MAX_NAME_BYTES)
    return Person(id=person.id.strip(), name=name or "somebody")


def _facts(facts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    clean = tuple((one_line(label), plain(value)) for label, value in facts)
    if len(clean) <= MAX_FACTS:
        return clean
    kept = MAX_FACTS - 1
    return (*clean[:kept], ("…", f"and {len(clean) - kept} more"))


def _buttons(links: tuple[Link, ...]) -> tuple[tuple[Link, ...], tuple[str, ...], int]:
    """Buttons, lines of text for links that cannot be one, and the bytes left for addresses."""
    buttons: list[Link] = []
    leftovers: list[str] = []
    left = MAX_ALL_URLS_BYTES
    for each in links:
        title, size = one_line(each.title), _url_bytes(each.url)
        if len(buttons) == MAX_ACTIONS or size > left or not _clickable(each.url):
            leftovers.append(one_line(f"{title}: {each.url}"))
            continue
        left -= size
        buttons.append(Link(title=cut(title or "Open", MAX_BUTTON_BYTES), url=each.url))
    return tuple(buttons), tuple(leftovers), left


def _items(items: tuple[Link, ...], left: int) -> tuple[Link, ...]:
    """The first items, those that can be clicked while there is room for their addresses."""
    kept = []
    for each in items[:MAX_ITEMS]:
        url = each.url if _clickable(each.url) and _url_bytes(each.url) <= left else ""
        left -= _url_bytes(url)
        kept.append(Link(title=one_line(each.title) or "(no title)", url=url))
    return tuple(kept)


def _clickable(url: str) -> bool:
    """https with a host and nobody's name in it, on one line, and not endless."""
    if _url_bytes(url) > MAX_URL_BYTES or re.search(r"[\s\x00-\x1f\x7f\\\"]", url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def _url_bytes(url: str) -> int:
    return len(json.dumps(in_url(url), ensure_ascii=False).encode()) if url else 0


def squeezed(card: Card, level: int) -> Card:
    """The same card, none of its cuttable texts over `level` bytes."""
    return replace(
        card,
        text=cut(card.text, level),
        facts=tuple((cut(label, level), cut(value, level)) for label, value in card.facts),
        items=tuple(Link(title=cut(each.title, level), url=each.url) for each in card.items),
        leftovers=tuple(cut(line, level) for line in card.leftovers),
    )


def cuttable(card: Card) -> tuple[str, ...]:
    """The texts that `squeezed` may shorten; title and links are kept."""
    labels = (part for fact in card.facts for part in fact)
    return (card.text, *labels, *(each.title for each in card.items), *card.leftovers)
