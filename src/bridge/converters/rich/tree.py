"""Rich text: blocks of lines of runs. What a tree cannot hold, its reader keeps as plain text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import NamedTuple

from bridge.canonical.text import storable


class Style(Enum):
    """How a run is set, the outermost first where several hold."""

    CODE = "code"
    STRONG = "strong"
    EMPHASIS = "emphasis"
    INSERTED = "inserted"
    DELETED = "deleted"
    RAISED = "raised"
    LOWERED = "lowered"


class Run(NamedTuple):
    """Text in one style; `href` makes it a link."""

    text: str
    styles: frozenset[Style] = frozenset()
    href: str = ""


Line = tuple[Run, ...]


@dataclass(frozen=True)
class Paragraph:
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Heading:
    level: int  # 1 to 6
    line: Line


class Item(NamedTuple):
    """`path` says how deep it is and in what kind of lists: `*#` is a numbered one in a bulleted one."""

    path: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Listing:
    """Items in their order. Each is at most one deeper than the one before it; the first is at 1."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Code:
    text: str


@dataclass(frozen=True)
class Rule:
    pass


Plain = Paragraph | Heading | Listing | Code | Rule


@dataclass(frozen=True)
class Quote:
    blocks: tuple[Plain, ...]


Block = Plain | Quote

DEEPEST = 8  # levels of lists; what is deeper stands on the last
SAFE_URL = re.compile(r"(?:(?:https?|ftp|file)://|(?:mailto|tel):)[^\s]", re.IGNORECASE)
BARE_URL = re.compile(r"(?:https?|ftp)://(?:[^\s\\{}\[\]|!*<>\"^&]|&(?!\#92;))++", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f]")
_NO_URL_SIGN = re.compile(r"[\s\\\[\]{}|^\"<>`]")
_BLANKS = re.compile(r"[\t\u00a0]")


def tidy(text: str) -> str:
    """Text with one kind of line end, and without signs that no vendor keeps."""
    return _CONTROLS.sub("", _LINE_END.sub("\n", storable(text.replace("\x00", ""))))


def plain_blanks(text: str) -> str:
    """A blank is a blank: editors put no-break spaces wherever somebody typed two."""
    return _BLANKS.sub(lambda found: "    " if found.group() == "\t" else " ", text)


def safe_url(url: str) -> str | None:
    """An address as every form takes it, or `None` for one that is no link to follow."""
    bare = url.strip()
    if not SAFE_URL.match(bare):
        return None
    return _NO_URL_SIGN.sub(lambda found: _percent(found.group()), bare)


def line(runs: Iterable[Run], *, keep_indent: bool = False) -> Line:
    """Runs in their one spelling: joined where alike, blanks at the edges outside of any style."""
    return _stripped(list(_joined(_split_edges(_joined(runs)))), keep_indent=keep_indent)


def paragraphs(lines: Sequence[Line]) -> list[Paragraph]:
    """Paragraphs of these lines; an empty one ends a paragraph."""
    found: list[list[Line]] = [[]]
    for one in lines:
        if one:
            found[-1].append(one)
        elif found[-1]:
            found.append([])
    return [Paragraph(tuple(part)) for part in found if part]


def listings(items: Iterable[tuple[str, Sequence[Line]]]) -> list[Listing]:
    """Lists of these items: another kind at the outermost level begins another list."""
    found: list[list[Item]] = []
    before = ""
    for path, lines in items:
        said = tuple(one for one in lines if one)
        if not said:
            continue
        kept = _possible(path, before)
        if not before or kept[0] != before[0]:
            found.append([])
        found[-1].append(Item(kept, said))
        before = kept
    return [Listing(tuple(part)) for part in found]


def quotes(blocks: Iterable[Block]) -> list[Quote]:
    """A quote of these blocks; what they quote is in it, too. None of nothing."""
    flat = [
        inner
        for block in blocks
        for inner in (block.blocks if isinstance(block, Quote) else [block])
    ]
    return [Quote(tuple(flat))] if flat else []


def code(text: str) -> Code | None:
    """A block of code without empty lines around it; `None` for nothing."""
    lines = [one.rstrip() for one in text.replace("\u00a0", " ").split("\n")]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return Code("\n".join(lines)) if lines else None


def heading(level: int, lines: Sequence[Line]) -> Heading | None:
    """A heading is one line."""
    runs: list[Run] = []
    for one in lines:
        runs += [Run(" "), *one] if runs else one
    joined = line(runs)
    return Heading(min(max(level, 1), 6), joined) if joined else None


def words(blocks: Iterable[Block]) -> str:
    """The text alone, without any form: to see what is the same to a reader."""
    return "\n".join(_words(block) for block in blocks)


def _words(block: Block) -> str:
    match block:
        case Paragraph(lines):
            return "\n".join(_said(one) for one in lines)
        case Heading(_, one):
            return _said(one)
        case Listing(items):
            return "\n".join(_said(one) for item in items for one in item.lines)
        case Code(text):
            return text
        case Quote(blocks):
            return words(blocks)
        case Rule():
            return ""


def _said(one: Line) -> str:
    return "".join(run.text for run in one)


def _possible(path: str, before: str) -> str:
    """The path cut to one level below what it shares with the item before."""
    path, shared = path[:DEEPEST], 0
    while shared < min(len(path), len(before)) and path[shared] == before[shared]:
        shared += 1
    return path[: shared + 1] if shared < len(path) else path


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    for alike, same in groupby((run for run in runs if run.text), key=lambda run: run[1:]):
        yield Run("".join(run.text for run in same), *alike)


def _split_edges(runs: Iterable[Run]) -> Iterator[Run]:
    for same in (run._replace(text=run.text.replace("\n", " ")) for run in runs):
        text, bare = same.text, same.text.strip()
        if not (bare and (same.styles or same.href)):
            yield Run(text)
            continue
        start = len(text) - len(text.lstrip())
        yield Run(text[:start])
        yield same._replace(text=bare)
        yield Run(text[start + len(bare) :])


def _stripped(runs: list[Run], *, keep_indent: bool) -> Line:
    while runs and not runs[-1].text.strip():
        runs.pop()
    if runs:
        runs[-1] = runs[-1]._replace(text=runs[-1].text.rstrip())
    while runs and not keep_indent and not runs[0].text.strip():
        del runs[0]
    if runs and not keep_indent:
        runs[0] = runs[0]._replace(text=runs[0].text.lstrip())
    return tuple(runs)


def _percent(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode())
