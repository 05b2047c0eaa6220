"""Salesforce record ids: 15 case-sensitive characters, or the same with 3 of checksum behind."""

import re

from bridge.errors import Malformed

_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def is_id(text: str) -> bool:
    """Whether a text has the form of an id. Only such text may become part of a path."""
    return _ID.fullmatch(text) is not None


def full_id(text: str) -> str:
    """The 18 character form. Raises Malformed."""
    if not is_id(text):
        raise Malformed("not a Salesforce id: an id is 15 or 18 letters and digits")
    return text if len(text) == 18 else text + checksum(text)


def checksum(short: str) -> str:
    """Three characters, one for each five of the id: which of them are capitals, as a number."""
    chunks = (short[start : start + 5] for start in (0, 5, 10))
    return "".join(
        _CHECKSUM[sum(1 << place for place, char in enumerate(chunk) if char.isupper())]
        for chunk in chunks
    )


def spellings(text: str) -> tuple[str, ...]:
    """Both forms of an id, the whole one first. Other text is written in one way."""
    return (full_id(text), text[:15]) if is_id(text) else (text,)


def same_id(left: str, right: str) -> bool:
    """Compare ids of either length: the first 15 characters, case counts."""
    return is_id(left) and is_id(right) and left[:15] == right[:15]
