"""HTML as a tree, in one pass and without a stack of elements: whatever is nested, and how, is text.

A browser's parser makes a tree of any HTML, in quadratic time for what is nested deep; a sender
may nest as deep as it likes. Here each tag is a sign that something begins or ends, no more.
Images and addresses that lead nowhere from outside are kept as text, tables as lines with bars.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from bridge.converters.rich import tree
from bridge.converters.rich.html_builder import Builder
from bridge.converters.rich.tree import Block, Style

STYLES = {
    **dict.fromkeys(("b", "strong"), Style.STRONG),
    **dict.fromkeys(("i", "em", "cite", "var", "dfn", "address"), Style.EMPHASIS),
    **dict.fromkeys(("u", "ins"), Style.INSERTED),
    **dict.fromkeys(("s", "strike", "del"), Style.DELETED),
    "sup": Style.RAISED,
    "sub": Style.LOWERED,
    **dict.fromkeys(("code", "tt", "kbd", "samp"), Style.CODE),
}
BLOCKS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "figure"}
    | {"figcaption", "center", "form", "fieldset", "dl", "dt", "dd", "caption", "legend"}
    | {"details", "summary", "body", "html", "head", "title"}
)
_TOKEN = re.compile(
    r"""
      <(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:]*)
       (?P<attributes>(?:[\s/](?:[^"'<>]|"[^"<]*"|'[^'<]*'|["'])*+)?)>
    | (?P<comment><!--)
    | (?P<declared><(?:!doctype|!\[(?:end)?if|\?xml)\b[^<>]*>)
    | (?P<text>[^<]++|<)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"(?<![a-zA-Z-])([a-zA-Z-]++)\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))"
)
_UNREAD = {
    name: re.compile(rf"</{name}\b[^<>]*>", re.IGNORECASE)
    for name in ("script", "style", "template")
}
_INDENT = re.compile(r"\bql-indent-([1-8])\b")


class Tag(NamedTuple):
    name: str
    closes: bool
    attributes: str

    def attribute(self, name: str) -> str:
        """Its value, empty where there is none."""
        for found in _ATTRIBUTE.finditer(self.attributes):
            if found[1].lower() == name:
                return html.unescape(found[2] or found[3] or found[4] or "")
        return ""


def read(source: str) -> tuple[Block, ...]:
    """The whole text, whatever it is: nothing is an error, and no text is left out."""
    builder = Builder()
    for token in _tokens(tree.tidy(source)):
        if isinstance(token, str):
            builder.text(html.unescape(token))
        else:
            _tag(builder, token)
    return builder.done()


def _tokens(text: str) -> Iterator[Tag | str]:
    place, endless = 0, set[str]()
    while token := _TOKEN.match(text, place):
        place = token.end()
        if token["comment"]:
            after = -1 if "-->" in endless else text.find("-->", place)
            endless |= {"-->"} if after < 0 else set()
            place = place if after < 0 else after + 3
            yield from [token.group()] if after < 0 else []
        elif token["name"]:
            tag = Tag(token["name"].lower(), bool(token["close"]), token["attributes"])
            yield tag
            place = _unread(text, tag, place, endless)
        elif token["text"]:
            yield token.group()


def _unread(text: str, tag: Tag, place: int, endless: set[str]) -> int:
    """Where to go on: behind a script, which is no text. One without an end is passed as a tag alone."""
    if tag.closes or tag.name not in _UNREAD or tag.name in endless:
        return place
    end = _UNREAD[tag.name].search(text, place)
    if end is None:
        endless.add(tag.name)
        return place
    return end.end()


def _tag(builder: Builder, tag: Tag) -> None:
    name = tag.name
    if name in STYLES:
        builder.style(STYLES[name], -1 if tag.closes else 1)
    elif name in BLOCKS:
        builder.end_line()
    elif name[0] == "h" and name[1:] in {"1", "2", "3", "4", "5", "6"}:
        builder.heading(0 if tag.closes else int(name[1]))
    elif name in {"ul", "ol"}:
        builder.listing("" if tag.closes else "*" if name == "ul" else "#")
    elif name == "li":
        _item(builder, tag)
    elif tag.closes and name in _CLOSE:
        _CLOSE[name](builder)
    elif not tag.closes and name in _OPEN:
        _OPEN[name](builder, tag)


def _item(builder: Builder, tag: Tag) -> None:
    """The editor of Lightning nests by a class (Quill 1.3, `ql-indent-1`)."""
    indent = _INDENT.search(tag.attribute("class"))
    if tag.closes:
        builder.end_item()
    else:
        builder.item(int(indent[1]) if indent else 0)


def _image(builder: Builder, tag: Tag) -> None:
    source = tag.attribute("src").strip()
    shown = tag.attribute("alt").strip() or tag.attribute("title").strip() or "image"
    embedded = not source or source.lower().startswith("data:")
    builder.text(f"[{shown}]" if embedded else f"[{shown}: {source}]")


_OPEN: Mapping[str, Callable[[Builder, Tag], None]] = {
    "a": lambda builder, tag: builder.link(tag.attribute("href").strip()),
    "br": lambda builder, _: builder.new_line(),
    "hr": lambda builder, _: builder.rule(),
    "img": _image,
    "pre": lambda builder, _: builder.pre(),
    "blockquote": lambda builder, _: builder.quote(1),
    "table": lambda builder, _: builder.table(1),
    "tr": lambda builder, _: builder.row(),
    "td": lambda builder, _: builder.cell(),
    "th": lambda builder, _: builder.cell(),
}
_CLOSE: Mapping[str, Callable[[Builder], None]] = {
    "a": Builder.end_link,
    "pre": Builder.end_pre,
    "blockquote": lambda builder: builder.quote(-1),
    "table": lambda builder: builder.table(-1),
    "tr": Builder.row,
}
