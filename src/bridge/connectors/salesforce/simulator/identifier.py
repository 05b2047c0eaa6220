"""Salesforce ids: 15 characters that differ by case, and 3 more that make them safe without it."""

import re
import string

PLACE = "Hs0"  # the instance part every id of this org carries
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SUFFIX = string.ascii_uppercase + "012345"
_SHAPE = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_SERIAL_CHARS = 9


def record_id(prefix: str, serial: int) -> str:
    """The 18-character id of an object's nth record; `prefix` is the object's three characters."""
    digits = []
    for _ in range(_SERIAL_CHARS):
        serial, digit = divmod(serial, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return lengthened(prefix + PLACE + "".join(reversed(digits)))


def lengthened(short: str) -> str:
    """The 18-character form: one suffix character per five, telling which of them are capitals."""
    return short + "".join(_check(short[start : start + 5]) for start in (0, 5, 10))


def canonical(text: str) -> str | None:
    """The 18-character form of a well-formed id of either length; `None` if it is none.

    The suffix lets an 18-character id survive a change of case: the capitals are restored by it.
    """
    if not _SHAPE.fullmatch(text):
        return None
    if len(text) == 15:
        return lengthened(text)
    restored = _restored(text[:15], text[15:].upper())
    return restored + text[15:].upper() if restored is not None else None


def _check(five: str) -> str:
    bits = sum(1 << place for place, letter in enumerate(five) if letter in string.ascii_uppercase)
    return _SUFFIX[bits]


def _restored(short: str, suffix: str) -> str | None:
    if any(letter not in _SUFFIX for letter in suffix):
        return None
    letters = []
    for place, letter in enumerate(short):
        capital = _SUFFIX.index(suffix[place // 5]) >> (place % 5) & 1
        if capital and not letter.isalpha():
            return None
        letters.append(letter.upper() if capital else letter.lower())
    return "".join(letters)
