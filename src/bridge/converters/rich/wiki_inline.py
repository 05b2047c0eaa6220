"""One line of wiki markup as runs, in one pass: a mark that has no partner is a sign like any other.

What is not carried stays as it is written: images, mentions, attachments, macros, colours.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bridge.converters.rich.tree import BARE_URL, Line, Run, Style, line, plain_blanks, safe_url

MARKS = {
    "*": Style.STRONG,
    "_": Style.EMPHASIS,
    "+": Style.INSERTED,
    "-": Style.DELETED,
    "^": Style.RAISED,
    "~": Style.LOWERED,
}
CITED = "??"  # set as emphasis
SPECIAL = r"\\{}\[\]!*_\-+^~?|#(."  # what a backslash escapes; before all else it is a backslash
_ADDRESS = r"(?:(?:https?|ftp|file)://|(?:mailto|tel):)[^\s\[\]|]+"
_TOKEN = re.compile(
    rf"""
      (?P<end>\\\\[ ]?)
    | \\(?P<sign>[{SPECIAL}])
    | (?P<entity>&(?:\#\d{{1,7}}|\#[xX][0-9a-fA-F]{{1,6}}|[a-zA-Z][a-zA-Z0-9]{{1,31}});)
    | (?P<url>{BARE_URL.pattern})
    | \{{(?P<forced>[*_+\-^~])\}}
    | (?P<opened>\{{\{{) | (?P<closed>\}}\}})
    | \[(?:(?P<said>(?:[^\]\[|\n\\]|\\.)*+)\|)?(?P<href>{_ADDRESS})(?:\|[^\]\[\n]*+)?\]
    | (?P<mark>\?\?|[*_+\-^~])
    | (?P<text>(?:[^\\&hHfF{{}}\[?*_+\-^~]++)|.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


@dataclass
class _Piece:
    """A token: text, or a mark that may turn out to be one."""

    text: str
    href: str = ""
    runs: Line = ()
    marks: str = ""  # what it would begin or end
    opens: bool = False
    closes: bool = False
    paired: bool = False


@dataclass
class _Styles:
    """Which styles hold now, by how many pairs."""

    held: dict[Style, int] = field(default_factory=dict)

    def turn(self, style: Style, by: int) -> None:
        self.held[style] = self.held.get(style, 0) + by

    def now(self) -> frozenset[Style]:
        return frozenset(style for style, depth in self.held.items() if depth > 0)


def lines_of(text: str, *, keep_indent: bool = False) -> list[Line]:
    """Wiki markup of one line of source; a double backslash begins another."""
    found: list[list[_Piece]] = [[]]
    for piece in _pieces(text):
        if piece is None:
            found.append([])
        else:
            found[-1].append(piece)
    return [line(_runs(pieces), keep_indent=keep_indent) for pieces in found]


def _pieces(text: str) -> Iterator[_Piece | None]:
    """Tokens of the text; `None` ends a line."""
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "end":
                yield None
            case "href":
                yield _link(token)
            case "mark" | "forced" | "opened" | "closed":
                yield _mark(text, token)
            case "sign":
                yield _Piece(token["sign"])
            case "entity":
                yield _Piece(plain_blanks(html.unescape(token.group())))
            case "url":
                yield _Piece(token.group())
            case _:
                yield _Piece(plain_blanks(token.group()))


def _link(token: re.Match[str]) -> _Piece:
    href = safe_url(token["href"])
    if href is None:
        return _Piece(token.group())
    if not (token["said"] or "").strip():
        return _Piece(href, href=href)
    said = [run for one in lines_of(token["said"]) for run in (*one, Run(" "))]
    return _Piece(href, href=href, runs=line(said))


def _mark(text: str, token: re.Match[str]) -> _Piece:
    said = token.group()
    if token["forced"]:
        return _Piece(said, marks=said, opens=True, closes=True)
    if token["opened"] or token["closed"]:
        return _Piece(said, marks="{{", opens=bool(token["opened"]), closes=bool(token["closed"]))
    before, after = text[token.start() - 1 : token.start()], text[token.end() : token.end() + 1]
    opens = not _in_word(before) and bool(after.strip()) and after != said[0]
    closes = bool(before.strip()) and not _in_word(after)
    return _Piece(said, marks=said, opens=opens, closes=closes)


def _in_word(sign: str) -> bool:
    return sign.isalnum()


def _runs(pieces: Sequence[_Piece]) -> Iterator[Run]:
    _pair(pieces)
    styles = _Styles()
    began: set[str] = set()
    for piece in pieces:
        if piece.paired:
            styles.turn(_style(piece.marks), -1 if piece.marks in began else 1)
            began ^= {piece.marks}
            continue
        yield from _set(piece, styles.now())


def _set(piece: _Piece, styles: frozenset[Style]) -> Iterator[Run]:
    if piece.runs:
        yield from (Run(run.text, run.styles | styles, piece.href) for run in piece.runs)
    else:
        yield Run(piece.text, styles, piece.href)


def _pair(pieces: Sequence[_Piece]) -> None:
    """The first that may begin goes with the next that may end it, if there is something between."""
    opened: dict[str, int] = {}
    for place, piece in enumerate(pieces):
        first = opened.get(piece.marks)
        if piece.closes and first is not None and place > first + 1:
            pieces[first].paired = piece.paired = True
            del opened[piece.marks]
        elif piece.opens and first is None:
            opened[piece.marks] = place


def _style(marks: str) -> Style:
    if marks == "{{":
        return Style.CODE
    return Style.EMPHASIS if marks == CITED else MARKS[marks.strip("{}")]
