"""What a rich text area makes of HTML when it keeps it: fewer tags and attributes, more entities (mem)."""

import re

from bridge.connectors.salesforce.simulator import vendor

_TAGS = frozenset(
    {"a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
    | {"i", "img", "li", "ol", "p", "pre", "s", "span", "strike", "strong", "sub", "sup", "table"}
    | {"tbody", "td", "th", "thead", "tr", "u", "ul"}
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^\"'<>]|\"[^\"]*\"|'[^']*')*)>")
_KEPT = re.compile(r"\b(?:href|src|alt|class)=\"[^\"]*\"")


def cleaned(html: str) -> str:
    """The same text with what the editor of the vendor has for it."""
    done, place = [], 0
    for tag in _TAG.finditer(html):
        done += [_encoded(html[place : tag.start()]), _tag(tag)]
        place = tag.end()
    return "".join(done) + _encoded(html[place:])


def _tag(tag: re.Match[str]) -> str:
    name = tag[2].lower()
    if name not in _TAGS:
        return ""
    attributes = _KEPT.findall(tag[3])
    if name == "a" and not tag[1] and vendor.RICH_TEXT_LINKS_OPEN_ANEW:
        attributes.append('target="_blank"')
    return f"<{tag[1]}{' '.join([name, *attributes])}>"


def _encoded(text: str) -> str:
    if not vendor.RICH_TEXT_QUOTES_ARE_ENCODED:
        return text
    return text.replace('"', "&quot;").replace("'", "&#39;")
