"""Our mark on a case comment: its last line carries the write key, since it has no other place for one."""

import re

from bridge.connectors.salesforce.values import MARKER, cut_bytes, long_text

COMMENT = "CaseComment"
COMMENT_BYTES = 4_000  # CaseComment.CommentBody (Salesforce object reference)
_CARRIED = re.compile(r"\[bridge ([\w.-]{1,200})\]\s*\Z", re.ASCII)


def mark(key: str) -> str:
    """The line that a comment of ours ends with."""
    return f"[bridge {key}]"


def carried(body: object) -> str | None:
    """The write key in the last line of a comment, as somebody shows it."""
    found = _CARRIED.search(body) if isinstance(body, str) else None
    return found.group(1) if found else None


def marked(body: str, key: str, *, original: str = "") -> str:
    """A comment's text with its mark, cut to what a comment holds. The mark is never cut.

    `original`: where the whole text is, as the cut then says. No key: no mark.
    """
    tail = long_text(f"\n\n{mark(key)}") if key else ""
    marker = f"{MARKER} {original}" if original else MARKER
    return cut_bytes(long_text(body), COMMENT_BYTES - len(tail.encode()), marker) + tail
