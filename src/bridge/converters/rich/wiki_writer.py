"""A tree as Jira's wiki markup. Whatever is text in it does nothing there, whoever wrote it.

Unescaped, `!http://…!` fetches an image, `[~accountid:…]` notifies a person, and `{…}` runs a
macro. What a reader of this package makes of the result is the same tree again.
"""

import re
from collections.abc import Sequence

from bridge.converters.rich.tree import (
    BARE_URL,
    Block,
    Code,
    Heading,
    Line,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Run,
    Style,
    paragraphs,
)
from bridge.converters.rich.wiki_inline import MARKS, SPECIAL

_SIGNS = {style: sign for sign, style in MARKS.items()}
_BREAK = "\\\\ "
_SPECIAL = frozenset(SPECIAL.replace("\\", "") + "\\")
_SUSPECT = re.compile(r"[\\{}\[\]!*_\-+^~?|&(]")
_ALWAYS = frozenset("{[!*")
_PAIRED = frozenset("_-+^~")
_BEGINNERS = frozenset("#-|")  # of a list or a table, if a mark alone stands before them
_ENTITY = re.compile(r"&(?=#?\w{1,31};)")
_ICON = re.compile(r"\((?=(?:[!?/xynio+\-]|off|on|\*[rgby]?)\))")
_BLOCK = re.compile(r"(\s*)(h[1-6]|bq)\.")
_STARTS = re.compile(r"(\s*)(?=[*\-#]+\s|\||-{4,}\s*$)")
_QUIET = re.compile(r"[\s.,;:()]")
_CODE, _NOFORMAT = "{code}", "{noformat}"


def write(blocks: Sequence[Block]) -> str:
    return "\n\n".join(block(one) for one in blocks)


def block(one: Block) -> str:
    match one:
        case Paragraph(lines):
            return "\n".join(_harmless_start(_line(said)) for said in lines)
        case Heading(level, said):
            return f"h{level}. {_line(said)}"
        case Listing(items):
            return "\n".join(
                f"{item.path} {_BREAK.join(_line(said) for said in item.lines)}" for item in items
            )
        case Quote(inner):
            return f"{{quote}}\n{write(inner)}\n{{quote}}"
        case Code(text):
            return _code(text)
        case Rule():
            return "----"


def _code(text: str) -> str:
    """A fence cannot be escaped inside of code: where a text holds both, it is no code here."""
    for fence in (_CODE, _NOFORMAT):
        if fence.rstrip("}") not in text:
            return f"{fence}\n{text}\n{fence}"
    lines = [(Run(one),) if one.strip() else () for one in text.split("\n")]
    return write(paragraphs(lines))


def _line(runs: Line) -> str:
    return "".join(
        _run(run, _neighbour(runs, place - 1, -1), _neighbour(runs, place + 1, 0))
        for place, run in enumerate(runs)
    )


def _neighbour(runs: Line, place: int, sign: int) -> str:
    """The sign that stands beside a run: that of a mark if the other run has one, none at an edge."""
    if not 0 <= place < len(runs):
        return " "
    other = runs[place]
    return "*" if other.styles or other.href else other.text[sign]


def _run(run: Run, before: str, after: str) -> str:
    text = _link(run) if run.href else _text(run.text, run.styles)
    styles = [style for style in Style if style in run.styles]
    if not styles:
        return text
    if text[0] in _BEGINNERS:
        text = f"\\{text}"
    plain = _QUIET.match(before) and _QUIET.match(after) and not _ends_in_url(run)
    for style in reversed(styles):
        if style is Style.CODE:
            text = f"{{{{{text}}}}}"
        else:
            sign = _SIGNS[style] if plain else f"{{{_SIGNS[style]}}}"
            text = f"{sign}{text}{sign}"
    return text


def _ends_in_url(run: Run) -> bool:
    """An address goes on over a mark behind it."""
    last = run.text.rsplit(None, 1)[-1]
    return not run.href and bool(BARE_URL.search(last))


def _link(run: Run) -> str:
    if run.text == run.href:
        return f"[{run.href}]"
    return f"[{_text(run.text, frozenset(), inside='|]')}|{run.href}]"


def _text(text: str, styles: frozenset[Style], inside: str = "") -> str:
    """Escaped, but for the addresses in it, which end where a sign must be escaped anyway."""
    own = frozenset(_SIGNS[style] for style in styles if style in _SIGNS)
    always = _ALWAYS | own | frozenset(inside) | ({"}"} if Style.CODE in styles else frozenset())
    done, place = [], 0
    for url in BARE_URL.finditer(text):
        done += [_escaped(text, place, url.start(), always), url.group()]
        place = url.end()
    return "".join(done) + _escaped(text, place, len(text), always)


def _escaped(text: str, start: int, end: int, always: frozenset[str]) -> str:
    done, place = [], start
    for suspect in _SUSPECT.finditer(text, start, end):
        done += [text[place : suspect.start()], _sign(text, suspect.start(), always)]
        place = suspect.end()
    return "".join(done) + text[place:end]


def _sign(text: str, place: int, always: frozenset[str]) -> str:
    sign = text[place]
    after = text[place + 1 : place + 2]
    if sign == "\\":
        return "&#92;" if not after or after in _SPECIAL or after == "&" else sign
    if sign in always or (sign == "?" and "?" in (after, text[place - 1 : place])):
        return f"\\{sign}"
    if (sign in _PAIRED and _begins(text, place, after)) or _ICON.match(text, place):
        return f"\\{sign}"
    return "&amp;" if _ENTITY.match(text, place) else sign


def _begins(text: str, place: int, after: str) -> bool:
    """Whether a reader could take the sign for the beginning of something."""
    before = text[place - 1] if place else " "
    return not before.isalnum() and not after.isspace()


def _harmless_start(text: str) -> str:
    if found := _BLOCK.match(text):
        return f"{found[1]}{found[2]}\\.{text[found.end() :]}"
    if found := _STARTS.match(text):
        return f"{found[1]}\\{text[found.end() :]}"
    return text
