"""Foreign text in a card: nothing a reporter wrote may become a link, a mention or a list.

Cards know a subset of Markdown and no HTML. Text is cut before it is escaped, so an escape is never
cut in half.
"""

import json
import re
import unicodedata

from bridge.canonical.text import storable

LINE_BREAK = "\n\n"  # one line feed alone is swallowed by the card's Markdown
MARKER = " … (shortened)"
MAX_READ_CHARS = 50_000  # of one text; no card has room for half of it
LOOK_BACK = 64  # a longer cluster is an attack, not a letter: then it is cut where it must be

_ACTIVE = re.compile(r"[\\\[\]*_<>`~]|&(?=#?\w{1,32};)")
_LIST_OR_HEADING = re.compile(r"(?m)^([ \t]*)(?:([-+#=])|(\d+)([.)]))")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LINES = re.compile(r"[\t ]*(?:\r\n?|\n|\u2028|\u2029)+")
_IN_URL = str.maketrans({"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "[": "%5B", "]": "%5D"})
_ZWJ = "\u200d"
_JOINERS = frozenset({_ZWJ, "\u200c"})


def plain(text: str) -> str:
    """Without control characters and lone surrogates; line ends are one line feed."""
    return _CONTROL.sub("", _LINES.sub("\n", storable(text[:MAX_READ_CHARS]))).strip()


def one_line(text: str) -> str:
    """For a title, a label, a button."""
    return re.sub(r"\s+", " ", plain(text))


def escaped(text: str) -> str:
    """Plain text as Markdown that shows it letter by letter."""
    safe = _ACTIVE.sub(r"\\\g<0>", text)
    safe = _LIST_OR_HEADING.sub(_escape_start, safe)
    return safe.replace("\n", LINE_BREAK)


def link(title: str, url: str) -> str:
    """A Markdown link; `url` has been checked to be https."""
    return f"[{escaped(title)}]({in_url(url)})"


def in_url(url: str) -> str:
    """An address that cannot end its own Markdown link early."""
    return url.translate(_IN_URL)


def cost(text: str) -> int:
    """Bytes that an escaped text takes inside the card's JSON."""
    return len(json.dumps(escaped(text), ensure_ascii=False).encode()) - len('""')


def cut(text: str, limit: int) -> str:
    """The longest start of `text`, with a marker, whose `cost` is within `limit` bytes."""
    if len(text) <= limit and cost(text) <= limit:
        return text
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if cost(text[:middle] + MARKER) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[: edge(text, low)].rstrip() + MARKER


def edge(text: str, index: int) -> int:
    """The last place at or before `index` where a letter, as people see it, ends."""
    for place in range(index, max(-1, index - LOOK_BACK), -1):
        if _is_edge(text, place):
            return place
    return index


def _is_edge(text: str, place: int) -> bool:
    if place <= 0 or place >= len(text):
        return True
    before, after = text[place - 1], text[place]
    if after in _JOINERS or before == _ZWJ or _extends(after):
        return False
    if _is_flag_half(before) and _is_flag_half(after):
        return _flag_halves_before(text, place) % 2 == 0
    return not (_is_jamo(before) and _is_jamo(after))


def _extends(character: str) -> bool:
    """Combining marks, variation selectors, skin tones, the tags of regional flags."""
    code = ord(character)
    return (
        unicodedata.category(character) in {"Mn", "Mc", "Me"}
        or 0x1F3FB <= code <= 0x1F3FF
        or 0xE0020 <= code <= 0xE007F
    )


def _is_flag_half(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF


def _is_jamo(character: str) -> bool:
    return 0x1100 <= ord(character) <= 0x11FF


def _flag_halves_before(text: str, place: int) -> int:
    count = 0
    while count < place and _is_flag_half(text[place - 1 - count]):
        count += 1
    return count


def _escape_start(match: re.Match[str]) -> str:
    space, sign, number, dot = match.groups()
    return f"{space}\\{sign}" if sign else f"{space}{number}\\{dot}"
