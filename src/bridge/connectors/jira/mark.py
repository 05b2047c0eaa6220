"""Our mark on what we make, so that after a lost answer it can be found again.

An issue carries it as a label, which JQL finds, and as a property, which nobody edits by hand.
A comment carries the property alone.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bridge.canonical.ids import stable_id

PREFIX = "bridge-"
PROPERTY = "bridge.write"
PUBLIC_COMMENT = "sd.public.comment"  # Jira Service Management reads it (jira library, add_comment)
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,200}", re.ASCII)


def mark_label(key: str) -> str:
    """The label of a write key. Labels hold no spaces, and JQL gives most signs a meaning."""
    return PREFIX + (key if _PLAIN.fullmatch(key) else stable_id("key", key))


def ours(labels: Iterable[str]) -> list[str]:
    """The labels of ours, which an update of the labels must keep."""
    return [one for one in labels if one.startswith(PREFIX)]


def carried(labels: object) -> tuple[str, ...]:
    """The write keys in an issue's labels, as a message shows them: ours are plain, so a label tells."""
    if not isinstance(labels, list):
        return ()
    texts = [one for one in labels if isinstance(one, str)]
    return tuple(one.removeprefix(PREFIX) for one in ours(texts))


def mark_property(key: str) -> Mapping[str, Any]:
    return {"key": PROPERTY, "value": {"key": key}}


def written(properties: object) -> tuple[str, ...]:
    """The write keys in a comment's properties, where they are shown."""
    found = (one.get("value") for one in _entries(properties) if one.get("key") == PROPERTY)
    return tuple(
        str(value["key"]) for value in found if isinstance(value, Mapping) and value.get("key")
    )


def says_internal(properties: object) -> bool:
    """Whether they make it an internal note of Service Management."""
    found = (one.get("value") for one in _entries(properties) if one.get("key") == PUBLIC_COMMENT)
    return any(isinstance(value, Mapping) and value.get("internal") is True for value in found)


def _entries(properties: object) -> list[Mapping[str, Any]]:
    shown = properties if isinstance(properties, list) else []
    return [one for one in shown if isinstance(one, Mapping)]


def carries(properties: Iterable[Mapping[str, Any]], key: str) -> bool:
    """Whether one of these properties is our mark of this write key."""
    return any(
        one.get("key") == PROPERTY
        and isinstance(one.get("value"), Mapping)
        and one["value"].get("key") == key
        for one in properties
    )
