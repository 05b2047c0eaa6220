"""What begins and ends in HTML, made into blocks: one counter for each thing that can be open."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bridge.converters.rich import tree
from bridge.converters.rich.tree import Block, Line, Rule, Run, Style, safe_url

_BLANKS = re.compile(r"[ \t\n]+")
CELL = " | "


@dataclass
class Builder:
    """Takes tags and text as they come. Where something is open twice, it must end twice."""

    blocks: list[Block] = field(default_factory=list)
    quoted: list[Block] = field(default_factory=list)
    items: list[tuple[str, list[Line]]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    code: list[str] | None = None
    styles: dict[Style, int] = field(default_factory=dict)
    lists: list[str] = field(default_factory=list)
    path: str = ""  # of the item that is open
    level: int = 0  # of the heading that is open
    quotes: int = 0
    tables: int = 0
    cells: int = 0
    href: str = ""
    blank: bool = True  # whether a blank here would stand beside another, or at the edge

    def text(self, text: str) -> None:
        if self.code is not None:
            self.code.append(text)
            return
        said = _BLANKS.sub(" ", text)
        if self.blank and said.startswith(" "):
            said = said[1:]
        if not said:
            return
        self.blank = said.endswith(" ")
        self._run(said.replace("\u00a0", " "))

    def style(self, style: Style, by: int) -> None:
        self.styles[style] = max(0, self.styles.get(style, 0) + by)

    def link(self, href: str) -> None:
        self.end_link()
        self.href = href

    def end_link(self) -> None:
        """An address that leads nowhere from outside is text behind what it stood on."""
        href, self.href = self.href, ""
        if href and safe_url(href) is None and not href.lower().startswith("javascript:"):
            said = f" ({href})"
            self._run(said) if self.code is None else self.code.append(said)

    def new_line(self) -> None:
        if self.code is not None:
            self.code.append("\n")
        elif self.tables:
            self.text(" ")
        else:
            self._new_line()

    def end_line(self) -> None:
        """A block of no further meaning begins or ends: what follows stands below."""
        if self.code is not None or self.tables:
            self.new_line()
        elif self.path or self.level:
            self._new_line()
        else:
            self._end_text()

    def heading(self, level: int) -> None:
        """Begins at a level, or ends at 0; in an item it is a line of it."""
        if self.path or self.tables or self.code is not None:
            self.end_line()
            return
        self._end_text()
        self.level = level

    def listing(self, kind: str) -> None:
        """A list begins with its kind, or ends with none."""
        if self.tables:
            self.text(" ")
            return
        self._end_text()
        if kind and not self.lists:
            self._end_list()
        if kind:
            self.lists.append(kind)
        elif self.lists:
            self.lists.pop()
        self.path = self._listed()

    def item(self, deeper: int) -> None:
        if self.tables or not self.lists:
            self.end_line()
            return
        self._end_text()
        self.path = self._listed() + self.lists[-1] * deeper

    def end_item(self) -> None:
        self.item(0)

    def pre(self) -> None:
        if self.tables or self.code is not None:
            self.text(" ")
            return
        self._end_text()
        self.code = []

    def end_pre(self) -> None:
        if self.code is None:
            return
        block = tree.code("".join(self.code).removeprefix("\n"))
        self.code = None
        self._add([] if block is None else [block])

    def quote(self, by: int) -> None:
        if self.path or self.tables or self.code is not None:
            self.end_line()
            return
        self._end_text()
        if self.quotes + by == 0:
            self._end_list()
            self.blocks += tree.quotes(self.quoted)
            self.quoted = []
        elif self.quotes == 0:
            self._end_list()
        self.quotes = max(0, self.quotes + by)

    def table(self, by: int) -> None:
        if self.tables + by in {0, 1} and not self.path:
            self._end_text()
        self.tables = max(0, self.tables + by)
        self.row()

    def row(self) -> None:
        if self.tables <= 1 and self.runs:
            self._new_line()
        self.cells = 0

    def cell(self) -> None:
        if self.cells:
            self._run(CELL[self.blank :])
        self.cells += 1
        self.blank = True

    def rule(self) -> None:
        if self.tables or self.code is not None:
            self.end_line()
            return
        self._end_text()
        self._add([Rule()])

    def done(self) -> tuple[Block, ...]:
        self.end_pre()
        self._end_text()
        self._end_list()
        return (*self.blocks, *tree.quotes(self.quoted))

    def _run(self, text: str) -> None:
        styles = frozenset(style for style, depth in self.styles.items() if depth)
        self.runs.append(Run(text, styles, safe_url(self.href) or ""))

    def _listed(self) -> str:
        return "".join(self.lists[: tree.DEEPEST])

    def _new_line(self) -> None:
        self.lines.append(tree.line(self.runs, keep_indent=True))
        self.runs, self.blank = [], True

    def _end_text(self) -> None:
        """What was said so far, as what is open: an item, a heading or a paragraph."""
        self._new_line()
        lines, self.lines = self.lines, []
        if not any(lines):
            return
        if self.path:
            self.items.append((self.path, [tree.line(one) for one in lines]))
            return
        block = tree.heading(self.level, lines) if self.level else None
        self._add(tree.paragraphs(lines) if block is None else [block])

    def _end_list(self) -> None:
        found, self.items = tree.listings(self.items), []
        (self.quoted if self.quotes else self.blocks).extend(found)

    def _add(self, blocks: Sequence[Block]) -> None:
        self._end_list()
        (self.quoted if self.quotes else self.blocks).extend(blocks)
