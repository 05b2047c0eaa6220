"""Puts a marker in the place of a person, in texts, JSON values and raw bodies. Pure.

What can mean nothing else goes wherever it stands, also inside longer text: an address, an id with
letters and digits, a name of two words or more; as JSON, XML and URLs spell it too. What may mean
something else (a user name like `support`) goes only as the whole value of a field that names people.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from bridge.connectors.salesforce.ids import is_id
from bridge.erasure.person import Person, fold

SHORTEST_ID = 8
# Fields that hold who somebody is, in our records and in what the vendors send.
FIELDS = frozenset(
    {"accountId", "author", "displayName", "email", "emailAddress", "id", "key", "name", "username"}
)
# What may stand before and after each, so that it is not a part of something else. A letter that
# belongs to an escape (`\n`, `\u00e9`, `%20`) is no letter.
_ESCAPE = r"(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4})|(?<=%[0-9a-fA-F]{2})"
_NAME = (rf"(?:(?<!\w)|{_ESCAPE})", r"(?!\w)")
_ID = (rf"(?:(?<![\w-])|{_ESCAPE})", r"(?![\w-])")
_ADDRESS = (rf"(?:(?<![\w.+-])|{_ESCAPE})", r"(?!\w|[-.]\w)")
_FIELD = (rf'(\\?"(?:{"|".join(sorted(FIELDS))})\\?"\s*:\s*\\?")', r'(?=\\?")')


class Eraser:
    """For one person and one marker."""

    def __init__(self, person: Person, marker: str) -> None:
        self._marker = marker
        self._whole = {fold(value) for value in person.values}
        ids = [key for key in person.keys if "@" not in key and telling(key)]
        addresses = [key for key in person.keys if "@" in key]
        doubtful = sorted(value for value in person.values if not telling(value))
        self._fields = _pattern(_FIELD, doubtful, re.IGNORECASE)
        self._tell = [
            *_pattern(_ID, (*ids, *_short_ids(person)), re.NOFLAG),
            *_pattern(_ADDRESS, addresses, re.IGNORECASE),
            *_pattern(_NAME, filter(telling, person.names), re.IGNORECASE),
        ]

    def text(self, text: str) -> str:
        """The same text without the person. JSON in it stays JSON, XML stays XML."""
        for pattern in self._fields:
            text = pattern.sub(rf"\1{self._marker}", text)
        for pattern in self._tell:
            text = pattern.sub(self._marker, text)
        return text

    def value(self, value: Any) -> Any:
        """The same JSON value, through all its depths, keys too. A text by itself is a whole value."""
        match value:
            case str():
                return self._marker if fold(value) in self._whole else self.text(value)
            case Mapping():
                return {self.text(str(key)): self._under(key, one) for key, one in value.items()}
            case list() | tuple():
                return [self._under("", one) for one in value]
            case _:
                return value

    def body(self, body: bytes) -> bytes:
        """The same bytes without the person; what is no text in it stays as it is."""
        text = self.text(body.decode("utf-8", "surrogateescape"))
        return text.encode("utf-8", "surrogateescape")

    def _under(self, field: str, value: Any) -> Any:
        if isinstance(value, str) and field not in FIELDS:
            return self.text(value)
        return self.value(value)


def telling(value: str) -> bool:
    """Whether a value can mean nothing but the person, also in the middle of a text."""
    if "@" in value or len(value.split()) > 1:
        return True
    mixed = any(char.isdigit() for char in value) and any(char.isalpha() for char in value)
    return mixed and len(value) >= SHORTEST_ID


def _short_ids(person: Person) -> Iterator[str]:
    """Salesforce writes an id with 18 characters or with the first 15 of them."""
    return (key[:15] for key in person.keys if is_id(key) and len(key) == 18)


def _pattern(
    form: tuple[str, str], values: Iterable[str], flags: re.RegexFlag
) -> list[re.Pattern[str]]:
    """One pattern for all spellings, the longest first; none for no values."""
    spelled = {spelling for value in values for spelling in _spellings(value)}
    if not spelled:
        return []
    any_of = "|".join(map(_spaced, sorted(spelled, key=len, reverse=True)))
    return [re.compile(f"{form[0]}(?:{any_of}){form[1]}", flags)]


def _spaced(text: str) -> str:
    """The pattern of a text; between two words there may be more than one blank."""
    return r"\s+".join(map(re.escape, text.split()))


def _spellings(value: str) -> set[str]:
    in_json = json.dumps(value, ensure_ascii=False)[1:-1], json.dumps(value)[1:-1]
    in_url = quote(value, safe=""), quote_plus(value), quote(value, safe="@:")
    return {value, *in_json, *in_url, html.escape(value), html.escape(value, quote=False)}
