"""How an action names an issue: a ref's text, Jira's own id, or the key people use. A comment has no key."""

import re

from bridge.canonical.ref import Ref
from bridge.errors import Malformed, PermanentError

ISSUE = "issue"
_KEY = re.compile(r"[A-Z][A-Z0-9_]*-\d+", re.IGNORECASE | re.ASCII)


def is_key(text: str) -> bool:
    """Whether a text has the form of an issue's key, ENG-12."""
    return _KEY.fullmatch(text) is not None


def address(text: str) -> str:
    """`jira:issue:10231`, `10231` or `ENG-12` as the id or key that REST takes.

    Raises PermanentError for anything else, before it becomes part of a URL.
    """
    said = text.strip()
    if is_key(said) or (said.isascii() and said.isdigit()):
        return said
    try:
        ref = Ref.parse(said)
    except Malformed:
        ref = None
    if ref is None or ref.kind != ISSUE or not ref.id.isdigit():
        raise PermanentError(
            f"jira: {text[:60]!r} names no issue; give jira:issue:10231, 10231 or ENG-12",
            code="address",
        )
    return ref.id


def comment_id(text: str) -> str:
    """`jira:comment:30117` or `30117` as the id that REST takes. Raises PermanentError."""
    number = text.strip().rpartition(":comment:")[2]
    if not (number.isascii() and number.isdigit()):
        raise PermanentError(
            f"jira: {text[:60]!r} names no comment; give jira:comment:30117 or 30117",
            code="address",
        )
    return number


def issue_ref(connection: str, issue_id: str) -> Ref:
    """The address that never changes, not even when the issue moves to another project."""
    return Ref(connection, ISSUE, issue_id)


def told_ref(connection: str, text: str) -> str | None:
    """The ref of an issue whose address is a ref or an id. A key does not tell it."""
    try:
        issue = address(text)
    except PermanentError:
        return None
    return str(issue_ref(connection, issue)) if issue.isdigit() else None
