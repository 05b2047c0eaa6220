"""Jira's wiki markup as a tree. Tables become text; macros, images and mentions stay as written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from bridge.converters.rich import tree
from bridge.converters.rich.tree import (
    Block,
    Line,
    Rule,
    Run,
    Style,
)
from bridge.converters.rich.wiki_inline import lines_of

_FENCE = re.compile(r"(?<!\\)\{(code|noformat)(:[^{}\n]*)?\}")
_QUOTE = re.compile(r"(?<!\\)\{quote\}")
_HEADING = re.compile(r"\s*h([1-6])\.(?:\s+(.*))?$", re.DOTALL)
_CITED = re.compile(r"\s*bq\.\s+(.*)$", re.DOTALL)
_ITEM = re.compile(r"\s*([*#]+|-)\s+(\S.*)$", re.DOTALL)
_RULE = re.compile(r"\s*-{4,}\s*$")
_ROW = re.compile(r"\s*\|")
_BLANKS = re.compile(r"  +")
_TITLE = re.compile(r"(?:^|[:|])title=([^|}]*)")
CELL = " | "


class Part(NamedTuple):
    """A stretch of the source: `kind` is text, code, or the quote that begins or ends here."""

    kind: str
    text: str
    title: str = ""


def read(source: str) -> tuple[Block, ...]:
    """The whole text, whatever it is: nothing is an error, and nothing is left out."""
    blocks: list[Block] = []
    quoted: list[Block] = []
    inside = False
    for part in parts(tree.tidy(source)):
        if part.kind == "quote":
            blocks += tree.quotes(quoted)
            quoted, inside = [], not inside
        else:
            found = _code(part) if part.kind == "code" else _Lines().read(part.text)
            (quoted if inside else blocks).extend(found)
    return tuple(blocks)


def parts(text: str) -> Iterator[Part]:
    """Fences first, because no other markup reaches across them. One without an end is text."""
    found = list(_coded(text))
    quotes = sum(1 for part in found if part.kind == "text" for _ in _QUOTE.finditer(part.text))
    paired = quotes - quotes % 2
    for part in found:
        if part.kind == "code":
            yield part
            continue
        fences = list(islice(_QUOTE.finditer(part.text), paired))
        paired -= len(fences)
        yield from _quoted(part.text, fences)


def _quoted(text: str, fences: Sequence[re.Match[str]]) -> Iterator[Part]:
    place = 0
    for fence in fences:
        yield Part("text", text[place : fence.start()])
        yield Part("quote", "")
        place = fence.end()
    yield Part("text", text[place:])


def _coded(text: str) -> Iterator[Part]:
    """Code, and the text around it."""
    fences = list(_FENCE.finditer(text))
    last = {fence[1]: number for number, fence in enumerate(fences)}
    place = number = 0
    while number < len(fences):
        begin = fences[number]
        number += 1
        if last[begin[1]] < number:
            continue
        while fences[number][1] != begin[1]:
            number += 1
        yield Part("text", text[place : begin.start()])
        title = _TITLE.search(begin[2] or "")
        yield Part("code", text[begin.end() : fences[number].start()], title[1] if title else "")
        place = fences[number].end()
        number += 1
    yield Part("text", text[place:])


def _code(part: Part) -> Iterator[Block]:
    title = tree.line([Run(part.title, frozenset({Style.STRONG}))])
    yield from tree.paragraphs([title])
    block = tree.code(part.text)
    yield from [] if block is None else [block]


@dataclass
class _Lines:
    """Lines that belong together until something else begins."""

    text: list[Line] = field(default_factory=list)
    items: list[tuple[str, list[Line]]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def read(self, text: str) -> list[Block]:
        for one in text.split("\n"):
            self._line(one)
        self._end()
        return self.blocks

    def _line(self, one: str) -> None:
        if item := _ITEM.match(one):
            self._end_text()
            self.items.append((item[1].replace("-", "*"), lines_of(item[2])))
        elif not one.strip():
            self._end()
        elif not self._block(one):
            self._text(one)

    def _block(self, one: str) -> bool:
        """Whether the line is a block of its own."""
        if found := _HEADING.match(one):
            block: Block | None = tree.heading(int(found[1]), lines_of(found[2] or ""))
        elif found := _CITED.match(one):
            block = next(iter(tree.quotes(tree.paragraphs(lines_of(found[1])))), None)
        elif _RULE.match(one):
            block = Rule()
        else:
            return False
        self._end()
        self.blocks += [] if block is None else [block]
        return True

    def _text(self, one: str) -> None:
        if self.items and not _ROW.match(one):
            self.items[-1][1].extend(lines_of(one))
            return
        self._end_items()
        self.text += [_row(one)] if _ROW.match(one) else lines_of(one, keep_indent=True)

    def _end(self) -> None:
        self._end_text()
        self._end_items()

    def _end_text(self) -> None:
        self.blocks += tree.paragraphs(self.text)
        self.text = []

    def _end_items(self) -> None:
        self.blocks += tree.listings(self.items)
        self.items = []


def _row(one: str) -> Line:
    """A row of a table as its cells with bars between."""
    bare = one.strip().strip("|")
    runs = [run for said in lines_of(bare) for run in (*said, Run(" "))]
    return tree.line(run if run.href else run._replace(text=_cells(run.text)) for run in runs)


def _cells(text: str) -> str:
    return _BLANKS.sub(" ", text.replace("||", "|").replace("|", CELL))
