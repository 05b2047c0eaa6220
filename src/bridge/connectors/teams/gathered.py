"""Several cards told in one: a line for each. One alone stays as it is, and says if it is still there or over."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from bridge.canonical import duration
from bridge.connectors.gathering import Gathering, Part, Told
from bridge.connectors.teams.card import MAX_ITEMS, OPEN, Card, Link, Severity

_MILDEST_FIRST = tuple(Severity)
_BEFORE = {Part.NEW: "", Part.AGAIN: "Still: ", Part.STILL: "Still: ", Part.RESOLVED: "Resolved: "}


def together(gathering: Gathering[Card]) -> dict[str, Any]:
    """The fields of the card that tells them all."""
    if gathering.count == 1:
        return _alone(gathering.members[0], gathering.note)
    lines = tuple(_line(one) for one in gathering.members[:MAX_ITEMS])
    return {
        "title": gathering.head,
        "text": gathering.note,
        "severity": _worst(gathering),
        "items": lines,
        "more": gathering.count - len(lines),
        "mentions": _mentions(gathering),
    }


def _alone(one: Told[Card], note: str) -> dict[str, Any]:
    card, over = one.action, one.part is Part.RESOLVED
    return {
        "title": f"{_BEFORE[one.part]}{card.title}",
        "text": "\n\n".join(part for part in (card.text, note) if part),
        "severity": Severity.GOOD if over else card.severity,
        "facts": {**dict(card.facts), **dict(_history(one))},
        "link": _open(card),
        "links": tuple(each for each in card.links if each.title != OPEN),
        "items": card.items,
        "more": card.more,
        "mentions": () if over else card.mentions,
    }


def _history(one: Told[Card]) -> Iterator[tuple[str, str]]:
    """What its own facts do not say: since when, how often, how long."""
    if one.until is not None:
        yield "Lasted", _length(one.until - one.since)
    elif one.part is not Part.NEW:
        yield "Since", _moment(one.since)
    if one.times > 1:
        yield "Seen", f"{one.times} times"


def _line(one: Told[Card]) -> Link:
    facts = [f"{label}: {value}" for label, value in (*one.action.facts, *_history(one)) if value]
    said = " · ".join([f"{_BEFORE[one.part]}{one.action.title}", *facts])
    return Link(title=said, url=_open(one.action))


def _worst(gathering: Gathering[Card]) -> Severity:
    """Of what is there still; good, when nothing is."""
    there = (one.action.severity for one in gathering.members if one.part is not Part.RESOLVED)
    return max(there, key=_MILDEST_FIRST.index, default=Severity.GOOD)


def _mentions(gathering: Gathering[Card]) -> tuple[Any, ...]:
    there = (one for one in gathering.members if one.part is not Part.RESOLVED)
    return tuple(dict.fromkeys(person for one in there for person in one.action.mentions))


def _open(card: Card) -> str:
    return next((each.url for each in card.links if each.title == OPEN), "")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _length(lasted: timedelta) -> str:
    """In minutes; what was shorter, in seconds."""
    whole = timedelta(seconds=int(lasted.total_seconds()))
    minute = timedelta(minutes=1)
    return duration.text(whole if whole < minute else whole // minute * minute)
