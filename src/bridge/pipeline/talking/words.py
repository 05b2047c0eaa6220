"""A comment as its copy says it: who wrote it, where and when, then its text. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from unicodedata import category

from bridge.connectors.talk import Markup, Talk, titled
from bridge.converters.rich import form

SOMEBODY = "Somebody"
_FORMS: Mapping[Markup, form.Form] = {"wiki": form.WIKI, "text": form.PLAIN}
_MENTION = re.compile(
    r"(?<!\\)\[~"
)  # in wiki markup: somebody is told of it, and of another site nobody
_IMAGE = re.compile(r"!([^\s!|]+\.\w{2,5})(?:\|[^!\n]*)?!")  # an image in wiki markup


def told(comment: Mapping[str, Any], *, system: str, markup: Markup, there: Talk[Any]) -> str:
    """The body of a copy, for `there`. `system` and `markup` are those of the comment's own side."""
    head = there.quoted(_head(comment, system))
    return f"{head}\n\n{carried(str(comment.get('body') or ''), markup, there)}"


def carried(text: str, markup: Markup, there: Talk[Any]) -> str:
    """The text in the markup of the other side. What cannot be carried stays as text."""
    if markup == there.markup:
        return _MENTION.sub(r"\\[~", text)
    try:
        written = form.carried(text, _FORMS[markup], _FORMS[there.markup])
    except ValueError:  # a cut that Bridge has left: somebody quotes it
        return there.quoted(text)
    return _IMAGE.sub(r"(image: \1)", written) if there.markup == "text" else written


def squeezed(text: str) -> str:
    """What is left of a text however it is wrapped, trimmed or escaped."""
    return "".join(letter for letter in text if letter.isalnum())


def _head(comment: Mapping[str, Any], system: str) -> str:
    """`Anna Schmidt (Jira), 26 Nov 2026 09:14 UTC:`"""
    author = comment.get("author") or {}
    name = _line(str(author.get("name") or "")) or SOMEBODY
    written = comment.get("created_at")
    when = f", {_when(datetime.fromisoformat(written))}" if written else ""
    return f"{name} ({titled(system)}){when}:"


def _line(name: str) -> str:
    """On one line, as it is written: no name ends the head, or turns around what follows it."""
    shown = "".join(letter if category(letter)[0] != "C" else " " for letter in name)
    return " ".join(shown.split())


def _when(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y %H:%M} UTC"
