"""Foreign text as Jira's wiki markup, so that it shows as it was written and does nothing.

Unescaped, `!http://…!` fetches an image, `[~accountid:…]` notifies a person, and `{…}` runs a
macro. A backslash escapes the sign after it, but two are a line break: one that a writer put
before a sign becomes an entity, or it would eat our own.
"""

import re
from typing import Literal

from bridge.canonical.text import storable

Markup = Literal["text", "wiki"]
MAX_LINE = 255  # summary, single-line text fields and labels (Atlassian, Jira field limits)
MAX_TEXT = 32_767  # description, comments, multi-line text fields
MARKER = "… [cut]"
ELLIPSIS = "…"
BACKSLASH = "&#92;"
_STARTS_SOMETHING = re.compile(r"[{\[!*]")
_EATS_AN_ESCAPE = re.compile(r"\\(?=[\\{}\[\]!*_\-+^~?|#(.])|\\$", re.MULTILINE)
_EMPHASIS = re.compile(r"(?<!\w)([_\-+^~])(?=[^\s\-])")
_CITATION = re.compile(r"\?\?")
_BLOCK = re.compile(r"^(\s*(?:h[1-6]|bq))\.", re.MULTILINE)
_TABLE = re.compile(r"^(\s*)\|", re.MULTILINE)


def wiki_escape(text: str) -> str:
    """Text from outside, harmless in a wiki field. Lists that start with `-` or `#` stay lists."""
    safe = _EATS_AN_ESCAPE.sub(lambda _: BACKSLASH, text)
    safe = _STARTS_SOMETHING.sub(lambda found: f"\\{found.group()}", safe)
    safe = _EMPHASIS.sub(r"\\\1", safe)
    safe = _CITATION.sub(r"\\?\\?", safe)
    safe = _BLOCK.sub(r"\1\\.", safe)
    return _TABLE.sub(r"\1\\|", safe)


def long_text(text: str, *, markup: Markup, original: str = "") -> str:
    """For description, comments and multi-line fields: escaped unless it is ours, then cut.

    `original`: where the whole text is, as the cut then says.
    """
    clean = storable(text)
    marker = f"{MARKER} {original}" if original else MARKER
    return _cut(clean if markup == "wiki" else wiki_escape(clean), MAX_TEXT, marker)


def one_line(text: str) -> str:
    """For a summary or a single-line field: Jira refuses line breaks and more than 255 characters."""
    return _cut(" ".join(storable(text).split()), MAX_LINE, ELLIPSIS)


def label(text: str) -> str:
    """A label holds no spaces."""
    return _cut("-".join(storable(text).split()), MAX_LINE, "")


def _cut(text: str, limit: int, marker: str) -> str:
    """Jira is written in Java, which counts a sign beyond the first 65,536 as two."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * limit:
        return text
    kept = units[: 2 * (limit - len(marker))].decode("utf-16-le", "ignore")
    return kept + marker
