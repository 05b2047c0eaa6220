"""A text that is too long for its field, cut between words and never inside of markup."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bridge.converters.rich.tree import (
    Block,
    Code,
    Heading,
    Item,
    Line,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Run,
    code,
    line,
    safe_url,
)

CUT = "… cut here, because it is too long for this field."
WHOLE = " The whole text: "
_BETWEEN = 2  # signs between two blocks, at most

Size = Callable[[str], int]
Write = Callable[[Sequence[Block]], str]


def units(text: str) -> int:
    """As Java counts, and so Jira and Salesforce: a sign beyond the first 65,536 is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def crlf_units(text: str) -> int:
    """The same where a line ends with two signs: long text at Salesforce."""
    return units(text) + text.count("\n")


def octets(text: str) -> int:
    return len(text.encode())


def is_cut(blocks: Sequence[Block]) -> bool:
    """Whether this is what a cut has left, or was made of it."""
    return any(
        said and said[0].text.startswith(CUT)
        for block in blocks
        if isinstance(block, Paragraph)
        for said in block.lines
    )


def cut(blocks: Sequence[Block], write: Write, *, limit: int, size: Size, url: str) -> str:
    """As many whole blocks as there is room for, a part of the next, and the mark."""
    for mark in (_mark(url), _mark("")):
        room = limit - size(write([mark])) - 2 * _BETWEEN
        if room >= 0:
            return write([*_kept(blocks, write, size, room), mark])
    return ""


def _kept(blocks: Sequence[Block], write: Write, size: Size, room: int) -> list[Block]:
    kept: list[Block] = []
    for block in blocks:
        more = size(write([block])) + 2 * _BETWEEN
        if more > room:
            return kept + _part(block, write, size, room)
        kept.append(block)
        room -= more
    return kept


def _part(block: Block, write: Write, size: Size, room: int) -> list[Block]:
    """The longest beginning of a block that fits, found by halving."""
    best: list[Block] = []
    low, high = 0, room
    while low < high:
        middle = (low + high + 1) // 2
        part = _beginning(block, middle)
        if size(write(part)) <= room:
            best, low = part, middle
        else:
            high = middle - 1
    return best


def _beginning(block: Block, signs: int) -> list[Block]:
    """A block of the first signs of its text, ending with a whole word. None of nothing."""
    room = _Room(signs)
    match block:
        case Paragraph(lines):
            kept = room.lines(lines)
            return [Paragraph(kept)] if kept else []
        case Heading(_, title):
            return [replace(block, line=one) for one in room.lines([title])]
        case Listing(items):
            some = tuple(
                Item(item.path, said) for item in items if (said := room.lines(item.lines))
            )
            return [Listing(some)] if some else []
        case Code(text):
            shorter = code(_up_to(text, signs, "\n"))
            return [shorter] if shorter else []
        case Quote(inner):
            return room.quote(inner)
        case Rule():
            return []


class _Room:
    """Signs that may still be taken; once they do not suffice, nothing more is."""

    def __init__(self, signs: int) -> None:
        self.signs = signs

    def lines(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        kept = []
        for one in lines:
            if self.signs <= 0:
                break
            said = line([run for run in map(self._run, one) if run], keep_indent=True)
            kept += [said] if said else []
        return tuple(kept)

    def quote(self, inner: Sequence[Block]) -> list[Block]:
        kept: list[Block] = []
        for block in inner:
            if self.signs <= 0:
                break
            kept += _beginning(block, self.signs)
            self.signs -= _length(block)
        plain = tuple(block for block in kept if not isinstance(block, Quote))
        return [Quote(plain)] if plain else []

    def _run(self, run: Run) -> Run | None:
        if self.signs <= 0:
            return None
        self.signs -= len(run.text)
        if self.signs >= 0:
            return run
        words = _up_to(run.text, len(run.text) + self.signs, " ")
        return run._replace(text=words) if words and not run.href else None


def _up_to(text: str, signs: int, between: str) -> str:
    """The beginning of a text up to where it may be cut, or anywhere if there is no such place."""
    return text[:signs].rpartition(between)[0] or text[:signs]


def _length(block: Block) -> int:
    match block:
        case Paragraph(lines):
            return sum(len(run.text) for one in lines for run in one)
        case Heading(_, said):
            return sum(len(run.text) for run in said)
        case Listing(items):
            return sum(len(run.text) for item in items for one in item.lines for run in one)
        case Code(text):
            return len(text)
        case Quote(blocks):
            return sum(map(_length, blocks))
        case Rule():
            return 0


def _mark(url: str) -> Paragraph:
    href = safe_url(url) or ""
    if not href:
        return Paragraph(((Run(CUT),),))
    return Paragraph(((Run(CUT + WHOLE), Run(href, href=href)),))
