"""What Teams takes: the trigger's schema (checked before the 202) and the card's (checked after it).

Written from the published Adaptive Card 1.5 schema and Microsoft's notes for Teams, stricter than
Teams in one thing: a property that the schema does not know fails the run instead of being ignored.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
VERSIONS = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.5"})
MAX_ACTIONS = 6
MAX_MESSAGE_BYTES = 28 * 1024
_GUID = re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UPN = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")

Check = Callable[[Any, str], None]
Shape = Mapping[str, Check]


class SchemaMismatch(Exception):
    """The trigger refuses the body: 400, and no run begins."""


class CardRefused(Exception):
    """The run has begun, was answered 202, and fails: nobody sees a card."""


def check_trigger(body: Any) -> None:
    """The generated trigger schema: null is not a String, an object is not an array."""
    if not isinstance(body, dict):
        raise SchemaMismatch("Invalid type. Expected Object.")
    _expect(body, "type", str, "String")
    _expect(body, "text", str, "String")
    _expect(body, "attachments", list, "Array")
    for place, attachment in enumerate(body.get("attachments", [])):
        where = f"attachments[{place}]"
        if not isinstance(attachment, dict):
            raise SchemaMismatch(f"Invalid type. Expected Object. Path '{where}'.")
        _expect(attachment, "contentType", str, "String", inside=where)
        _expect(attachment, "content", dict, "Object", inside=where)


def check_size(size: int) -> None:
    """The post action, not the trigger, refuses what is too large."""
    if size > MAX_MESSAGE_BYTES:
        raise CardRefused("Request Entity too large")


def card_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one card of a message, checked in every part. Raises CardRefused."""
    if body.get("type") != "message":
        raise CardRefused("type is not 'message'")
    attachments = body.get("attachments")
    if not attachments or len(attachments) != 1:
        raise CardRefused("attachments is not an array of one card")
    unknown = set(body) - {"type", "text", "attachments"}
    unknown |= set(attachments[0]) - {"contentType", "contentUrl", "content", "name"}
    if unknown:
        raise CardRefused(f"the message has unknown properties: {sorted(unknown)}")
    if attachments[0].get("contentType") != CONTENT_TYPE:
        raise CardRefused("contentType is not an Adaptive Card")
    card: Mapping[str, Any] = attachments[0].get("content", {})
    _check_card(card)
    _check_mentions(card)
    return card


def texts(value: Any) -> Iterator[str]:
    """Every text of TextBlocks and facts, in order."""
    if isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, dict):
        if value.get("type") == "TextBlock":
            yield value["text"]
        for fact in value.get("facts", []):
            yield from (fact["title"], fact["value"])
        for inner in ("items", "body"):
            yield from texts(value.get(inner, []))


def mentions(card: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entities of a card."""
    found: list[Mapping[str, Any]] = card.get("msteams", {}).get("entities", [])
    return found


def _expect(
    value: Mapping[str, Any], name: str, kind: type, word: str, *, inside: str = ""
) -> None:
    if name in value and not isinstance(value[name], kind):
        got = "Null" if value[name] is None else type(value[name]).__name__
        path = f"{inside}.{name}".lstrip(".")
        raise SchemaMismatch(f"Invalid type. Expected {word} but got {got}. Path '{path}'.")


def _check_card(card: Mapping[str, Any]) -> None:
    if card.get("type") != "AdaptiveCard":
        raise CardRefused("content.type is not 'AdaptiveCard'")
    if card.get("version") not in VERSIONS:
        raise CardRefused("content.version is not one of 1.0 to 1.5")
    if not card.get("body"):
        raise CardRefused("content.body is empty")
    _check(card, _CARD, "content")
    if len(card.get("actions", [])) > MAX_ACTIONS:
        raise CardRefused(f"content.actions: more than {MAX_ACTIONS}")


def _check(value: Any, shape: Shape, path: str) -> None:
    if not isinstance(value, dict):
        raise CardRefused(f"{path} is not an object")
    for name, inner in value.items():
        if name not in shape:
            raise CardRefused(f"{path} has no property {name!r}")
        shape[name](inner, f"{path}.{name}")


def _check_mentions(card: Mapping[str, Any]) -> None:
    """An entity without its text in the card, or for nobody, fails the whole card."""
    shown = "\n".join(texts(card["body"]))
    for entity in mentions(card):
        name, person = entity.get("text", ""), entity.get("mentioned", {}).get("id", "")
        if not re.fullmatch(r"<at>[^<>]+</at>", name) or name not in shown:
            raise CardRefused("a mention's text does not stand in the card")
        if not (_GUID.fullmatch(person) or _UPN.fullmatch(person)):
            raise CardRefused("a mention's id is neither an object id nor a user principal name")


def _text(value: Any, path: str) -> None:
    if not isinstance(value, str):
        raise CardRefused(f"{path} is not a string")


def _flag(value: Any, path: str) -> None:
    if not isinstance(value, bool):
        raise CardRefused(f"{path} is not true or false")


def _count(value: Any, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CardRefused(f"{path} is not a number")


def _url(value: Any, path: str) -> None:
    if not isinstance(value, str) or not re.match(r"(?i)https?://[^\s]+\Z", value):
        raise CardRefused(f"{path} is not an address")


def _one_of(*words: str) -> Check:
    """Teams compares these without case."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str) or value.lower() not in words:
            raise CardRefused(f"{path} is not one of {', '.join(words)}")

    return check


def _object(shape: Shape) -> Check:
    return lambda value, path: _check(value, shape, path)


def _list(inner: Check) -> Check:
    def check(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise CardRefused(f"{path} is not an array")
        for place, each in enumerate(value):
            inner(each, f"{path}[{place}]")

    return check


def _typed(kinds: Mapping[str, Shape]) -> Check:
    def check(value: Any, path: str) -> None:
        kind = str(value.get("type")) if isinstance(value, dict) else ""
        if kind not in kinds:
            raise CardRefused(f"{path}: no type {kind!r} here")
        _check(value, kinds[kind], path)
        missing = _REQUIRED.get(kind, frozenset()) - set(value)
        if missing:
            raise CardRefused(f"{path} lacks {', '.join(sorted(missing))}")

    return check


_REQUIRED: Mapping[str, frozenset[str]] = {
    "TextBlock": frozenset({"text"}),
    "FactSet": frozenset({"facts"}),
    "Container": frozenset({"items"}),
    "Image": frozenset({"url"}),
    "Action.OpenUrl": frozenset({"url", "title"}),
}
_SPACING = _one_of("none", "small", "default", "medium", "large", "extralarge", "padding")
_ELEMENT: Shape = {
    "type": _text,
    "id": _text,
    "isVisible": _flag,
    "separator": _flag,
    "spacing": _SPACING,
    "height": _one_of("auto", "stretch"),
}
_KINDS: dict[str, Shape] = {
    "TextBlock": {
        **_ELEMENT,
        "text": _text,
        "wrap": _flag,
        "isSubtle": _flag,
        "maxLines": _count,
        "size": _one_of("small", "default", "medium", "large", "extralarge"),
        "weight": _one_of("lighter", "default", "bolder"),
        "color": _one_of("default", "dark", "light", "accent", "good", "warning", "attention"),
        "style": _one_of("default", "heading"),
        "fontType": _one_of("default", "monospace"),
        "horizontalAlignment": _one_of("left", "center", "right"),
    },
    "FactSet": {**_ELEMENT, "facts": _list(_object({"title": _text, "value": _text}))},
    "Image": {**_ELEMENT, "url": _url, "altText": _text},
}
_KINDS["Container"] = {
    **_ELEMENT,
    "style": _one_of("default", "emphasis", "accent", "good", "attention", "warning"),
    "bleed": _flag,
    "items": _list(_typed(_KINDS)),
}
_ACTIONS: Mapping[str, Shape] = {
    "Action.OpenUrl": {
        "type": _text,
        "id": _text,
        "title": _text,
        "url": _url,
        "iconUrl": _url,
        "style": _one_of("default", "positive", "destructive"),
    }
}
_MENTION: Shape = {
    "type": _one_of("mention"),
    "text": _text,
    "mentioned": _object({"id": _text, "name": _text}),
}
_CARD: Shape = {
    "$schema": _url,
    "type": _text,
    "version": _text,
    "fallbackText": _text,
    "lang": _text,
    "speak": _text,
    "msteams": _object({"width": _one_of("full"), "entities": _list(_object(_MENTION))}),
    "body": _list(_typed(_KINDS)),
    "actions": _list(_typed(_ACTIONS)),
}
