"""The escapes of quoted text, read for `=` and, as a pattern, for LIKE."""

import re

_PLAIN = {
    "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f",
    '"': '"', "'": "'", "\\": "\\", "_": "_", "%": "%",
}  # fmt: skip
_HEX_DIGITS = 4


class BadEscape(ValueError):
    """A backslash before something that means nothing; holds the sequence."""


def text(raw: str) -> str:
    """What the characters between the quotes mean."""
    return "".join(char for char, _ in _characters(raw))


def pattern(raw: str) -> re.Pattern[str]:
    """A LIKE pattern: `%` any characters, `_` one, both literal behind a backslash."""
    parts = []
    for char, escaped in _characters(raw):
        if char in "%_" and not escaped:
            parts.append(".*" if char == "%" else ".")
        else:
            parts.append(re.escape(char))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _characters(raw: str) -> list[tuple[str, bool]]:
    """Each character with whether it was escaped."""
    found = []
    at = 0
    while at < len(raw):
        char, size = (raw[at], 1) if raw[at] != "\\" else _escaped(raw[at + 1 :])
        found.append((char, size > 1))
        at += size
    return found


def _escaped(rest: str) -> tuple[str, int]:
    """The character behind a backslash, and how much it took with the backslash."""
    letter = rest[:1]
    if letter in {"u", "U"}:
        digits = rest[1 : 1 + _HEX_DIGITS]
        if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
            raise BadEscape(f"\\{letter}{digits}")
        return chr(int(digits, 16)), 2 + _HEX_DIGITS
    known = _PLAIN.get(letter.lower())
    if known is None:
        raise BadEscape(f"\\{letter}")
    return known, 2
