"""Rich text: wiki markup as v2 has it, Atlassian documents as v3 has them."""

from collections.abc import Mapping
from typing import Any

from bridge.connectors.jira.simulator.limits import TEXT_MAX, WIKI_LINE_ENDS_ARE_KEPT

NOT_A_STRING = "Operation value must be a string"
NOT_A_DOCUMENT = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
INVALID_DOCUMENT = "INVALID_INPUT"
TOO_LONG = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."

_MARKS = {"strong": ("*", "*"), "em": ("_", "_"), "code": ("{{", "}}"), "strike": ("-", "-")}
_BLOCKS = frozenset(
    {"paragraph", "heading", "bulletList", "orderedList", "codeBlock", "blockquote", "rule"}
)


def wiki(raw: Any, version: str) -> str:
    """What was sent on v2 (a string) or v3 (a document), as wiki markup. ValueError if neither."""
    text = _plain(raw) if version == "2" else document_to_wiki(raw)
    if len(text) > TEXT_MAX:
        raise ValueError(TOO_LONG)
    return text if WIKI_LINE_ENDS_ARE_KEPT else text.replace("\r\n", "\n")


def shown(text: str | None, version: str) -> Any:
    """Wiki markup as this version of the API returns it; None stays None."""
    if text is None or version == "2":
        return text
    return wiki_to_document(text)


def wiki_to_document(text: str) -> dict[str, Any]:
    """A document of plain paragraphs: markup inside the lines is left as it is."""
    paragraphs = [part for part in text.replace("\r\n", "\n").split("\n\n") if part]
    return {"version": 1, "type": "doc", "content": [_paragraph(part) for part in paragraphs]}


def document_to_wiki(raw: Any) -> str:
    """Raises ValueError with Jira's words for what is not a valid document."""
    if not isinstance(raw, Mapping) or raw.get("type") != "doc" or raw.get("version") != 1:
        raise ValueError(NOT_A_DOCUMENT)
    if not isinstance(raw.get("content"), list):
        raise ValueError(NOT_A_DOCUMENT)
    return "\n\n".join(_block(node) for node in raw["content"])


def _plain(raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError(NOT_A_STRING)
    return raw


def _paragraph(text: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            content.append({"type": "hardBreak"})
        if line:  # an empty text node is invalid
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def _block(node: Any) -> str:
    kind = node.get("type") if isinstance(node, Mapping) else None
    if kind not in _BLOCKS:
        raise ValueError(INVALID_DOCUMENT)
    match kind:
        case "rule":
            return "----"
        case "bulletList" | "orderedList":
            mark = "*" if kind == "bulletList" else "#"
            return "\n".join(f"{mark} {_item(item)}" for item in node.get("content", []))
        case "heading":
            return f"h{node.get('attrs', {}).get('level', 1)}. {_line(node)}"
        case "codeBlock":
            return f"{{code}}{_line(node)}{{code}}"
        case "blockquote":
            return f"{{quote}}{_item(node)}{{quote}}"
        case _:
            return _line(node)


def _item(node: Any) -> str:
    if not isinstance(node, Mapping):
        raise ValueError(INVALID_DOCUMENT)
    return "\n".join(_block(child) for child in node.get("content", []))


def _line(node: Mapping[str, Any]) -> str:
    return "".join(_inline(child) for child in node.get("content", []))


def _inline(node: Any) -> str:
    kind = node.get("type") if isinstance(node, Mapping) else None
    match kind:
        case "text" if isinstance(node.get("text"), str) and node["text"]:
            return _marked(node["text"], node.get("marks", []))
        case "hardBreak":
            return "\n"
        case "mention":
            return f"[~accountid:{node.get('attrs', {}).get('id')}]"
        case "emoji":
            return str(node.get("attrs", {}).get("text", ""))
        case _:
            raise ValueError(INVALID_DOCUMENT)


def _marked(text: str, marks: list[Any]) -> str:
    for mark in marks:
        if mark.get("type") == "link":
            text = f"[{text}|{mark['attrs']['href']}]"
        elif mark.get("type") in _MARKS:
            before, after = _MARKS[mark["type"]]
            text = f"{before}{text}{after}"
    return text
