"""A tree as HTML of few tags and one attribute, as a rich text field takes it."""

import html
from collections.abc import Iterable, Iterator, Sequence

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
    Style,
)

_TAGS = {
    Style.CODE: "code",
    Style.STRONG: "strong",
    Style.EMPHASIS: "em",
    Style.INSERTED: "u",
    Style.DELETED: "s",
    Style.RAISED: "sup",
    Style.LOWERED: "sub",
}
_LISTS = {"*": "ul", "#": "ol"}


def write(blocks: Iterable[Block]) -> str:
    return "".join(block(one) for one in blocks)


def block(one: Block) -> str:
    match one:
        case Paragraph(lines):
            return f"<p>{_lines(lines)}</p>"
        case Heading(level, said):
            return f"<h{level}>{_lines([said])}</h{level}>"
        case Listing(items):
            return "".join(_listing(items))
        case Quote(inner):
            return f"<blockquote>{write(inner)}</blockquote>"
        case Code(text):
            return f"<pre>{html.escape(text, quote=False)}</pre>"
        case Rule():
            return "<hr>"


def _listing(items: Sequence[Item]) -> Iterator[str]:
    open_ = ""
    for item in items:
        shared = _shared(open_, item.path)
        yield from _ends(open_, shared)
        if shared == len(item.path):
            yield "</li>"
        for kind in item.path[shared:]:
            yield f"<{_LISTS[kind]}>"
        yield f"<li>{_lines(item.lines)}"
        open_ = item.path
    yield from _ends(open_, 0)


def _ends(open_: str, kept: int) -> Iterator[str]:
    for kind in reversed(open_[kept:]):
        yield f"</li></{_LISTS[kind]}>"


def _shared(one: str, other: str) -> int:
    """How many of its outermost lists an item has in common with the one before it."""
    both = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(both) if a != b), min(len(one), len(other)))


def _lines(lines: Sequence[Line]) -> str:
    return "<br>".join(_line(one) for one in lines)


def _line(runs: Line) -> str:
    written, before = [], " "
    for run in runs:
        written.append(_run(run, _kept(run.text, before)))
        before = run.text[-1]
    return "".join(written)


def _kept(text: str, before: str) -> str:
    """HTML shows one blank for several, and none at the beginning of a line."""
    signs = []
    for sign in text:
        signs.append("&nbsp;" if sign == before == " " else html.escape(sign, quote=False))
        before = sign
    return "".join(signs)


def _run(run: Run, text: str) -> str:
    for style in Style:
        if style in run.styles:
            text = f"<{_TAGS[style]}>{text}</{_TAGS[style]}>"
    return f'<a href="{html.escape(run.href)}">{text}</a>' if run.href else text
