"""An Outbound Message's XML as a small tree; DTDs, entities, depth and size refused on the way.

Built on defusedxml's parser, which stops at a DOCTYPE before anything in it can act. Nothing is
ever fetched, and no code here recurses deeper than `MAX_DEPTH`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from bridge.errors import Malformed

MAX_DEPTH = 16  # a real message is six deep
MAX_ELEMENTS = 100_000  # 100 notifications of 800 fields (an object's most) fit
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NIL = frozenset({"true", "1"})


@dataclass(slots=True)
class Element:
    """`{namespace}name`, with `xsi:type` resolved to the same form and `xsi:nil` read."""

    tag: str
    type: str = ""
    nil: bool = False
    text: list[str] = field(default_factory=list)
    children: list["Element"] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.tag.rpartition("}")[2]

    @property
    def content(self) -> str:
        return "".join(self.text)

    def all(self, tag: str) -> Iterator["Element"]:
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> "Element | None":
        return next(self.all(tag), None)


class _Target:
    """What the parser tells each start, end and text."""

    def __init__(self) -> None:
        self.root = Element("")
        self._open = [self.root]
        self._elements = 0
        self._prefixes: dict[str, list[str]] = {}

    def start_ns(self, prefix: str, uri: str) -> None:
        self._prefixes.setdefault(prefix, []).append(uri)

    def end_ns(self, prefix: str) -> None:
        self._prefixes[prefix].pop()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._open) > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise Malformed(f"XML deeper than {MAX_DEPTH} or of more than {MAX_ELEMENTS} elements")
        element = Element(
            tag,
            type=self._resolved(attributes.get(f"{{{XSI}}}type", "")),
            nil=attributes.get(f"{{{XSI}}}nil", "") in _NIL,
        )
        self._open[-1].children.append(element)
        self._open.append(element)

    def end(self, tag: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        self._open[-1].text.append(text)

    def close(self) -> Element:
        return self.root.children[0]

    def _resolved(self, name: str) -> str:
        """`sf:Case` with the prefix's namespace in its place."""
        if not name:
            return ""
        prefix, _, local = name.strip().rpartition(":")
        bound = self._prefixes.get(prefix, [])
        if not bound:
            raise Malformed("xsi:type with a prefix that is not bound")
        return f"{{{bound[-1]}}}{local}"


def document(body: bytes) -> Element:
    """The root element. Raises Malformed for what is no XML, or more than plain XML."""
    target = _Target()
    parser = DefusedXMLParser(
        target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    try:
        parser.feed(body)
        parser.close()
    except DefusedXmlException as error:
        raise Malformed(f"XML with a DTD or an entity: {type(error).__name__}") from None
    except (ParseError, ValueError, LookupError) as error:
        raise Malformed("not XML that can be read") from error
    return target.close()
