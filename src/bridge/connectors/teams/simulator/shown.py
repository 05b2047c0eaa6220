"""Cards as people see them: the card's Markdown read back, as text and as plain HTML."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.connectors.teams.simulator.schema import mentions, texts

_TOKEN = re.compile(
    r"\\(?P<letter>[!-/:-@\[-`{-~])"
    r"|\[(?P<title>(?:\\.|[^\]\\])*)\]\((?P<url>[^()\s]*)\)"
    r"|(?P<at><at>[^<>]+</at>)"
    r"|(?P<bold>\*\*(?P<strong>(?:\\.|[^*\\])+)\*\*)"
    r"|(?P<para>\n\n)"
)
_COLOURS = {"accent": "#dbe9ff", "good": "#dff3df", "warning": "#fff0cc", "attention": "#ffdcdc"}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Teams, simulated</title>
<style>body{{font:15px/1.45 sans-serif;max-width:46em;margin:2em auto;padding:0 1em;color:#222}}
article{{border:1px solid #ccc;border-radius:6px;margin:1em 0;overflow:hidden}}
header{{padding:.5em 1em;font-weight:bold}}section{{padding:.2em 1em .8em}}
small{{color:#666}}td{{padding:0 1em 0 0;vertical-align:top}}.at{{color:#5b5fc7}}</style>
<h1>Teams, simulated</h1>{content}</html>"""


@dataclass(frozen=True, kw_only=True)
class PostedCard:
    """One card in a channel. Texts are as a reader sees them; `content` is what was sent."""

    channel: str
    run_id: str
    at: datetime
    title: str
    texts: tuple[str, ...]  # after the title: text blocks and facts, in order
    links: Mapping[str, str]  # buttons and links in the text, title -> address
    mentioned: tuple[str, ...]  # ids
    bytes: int
    content: Mapping[str, Any] = field(repr=False)

    @property
    def facts(self) -> Mapping[str, str]:
        sets = [each for each in self.content["body"] if each["type"] == "FactSet"]
        pairs = [fact for each in sets for fact in each["facts"]]
        return {as_text(fact["title"]): as_text(fact["value"]) for fact in pairs}


def posted(
    content: Mapping[str, Any], *, channel: str, run_id: str, at: datetime, size: int
) -> PostedCard:
    """A checked card, read as people read it."""
    written = list(texts(content["body"]))
    buttons = {each["title"]: each["url"] for each in content.get("actions", [])}
    return PostedCard(
        channel=channel,
        run_id=run_id,
        at=at,
        title=as_text(written[0]) if written else "",
        texts=tuple(as_text(each) for each in written[1:]),
        links={**_links(written), **buttons},
        mentioned=tuple(each["mentioned"]["id"] for each in mentions(content)),
        bytes=size,
        content=content,
    )


def as_text(markdown: str) -> str:
    """Escapes resolved, links as their titles, mentions as names."""

    def read(match: re.Match[str]) -> str:
        if match["at"]:
            return re.sub(r"</?at>", "", match["at"])
        if match["para"]:
            return "\n"
        inner = match["title"] if match["title"] is not None else match["strong"]
        return match["letter"] or as_text(inner or "")

    return _TOKEN.sub(read, markdown)


def as_html(markdown: str) -> str:
    """The same as HTML, with nothing of the text able to act."""
    out, end = [], 0
    for match in _TOKEN.finditer(markdown):
        out += [html.escape(markdown[end : match.start()]), _html(match)]
        end = match.end()
    return "".join([*out, html.escape(markdown[end:])])


def page(cards: Sequence[PostedCard], failed: Sequence[str]) -> str:
    """All channels on one page, newest card first."""
    lost = "".join(f"<li>{html.escape(each)}</li>" for each in failed)
    runs = f"<h2>Failed runs</h2><ul>{lost}</ul>" if lost else ""
    articles = "".join(_article(card) for card in reversed(cards)) or "<p>No cards yet.</p>"
    return _PAGE.format(content=articles + runs)


def _links(written: Sequence[str]) -> dict[str, str]:
    found = [match for text in written for match in _TOKEN.finditer(text)]
    return {as_text(match["title"]): match["url"] for match in found if match["title"] is not None}


def _html(match: re.Match[str]) -> str:
    if match["para"]:
        return "<br>"
    if match["at"]:
        return f'<span class="at">{html.escape(as_text(match["at"]))}</span>'
    if match["bold"]:
        return f"<b>{html.escape(as_text(match['strong']))}</b>"
    if match["title"] is not None:
        return _anchor(as_text(match["title"]), match["url"])
    return html.escape(match["letter"])


def _anchor(title: str, url: str) -> str:
    if not url.startswith(("https://", "http://")):
        return html.escape(title)
    return f'<a rel="noreferrer" href="{html.escape(url)}">{html.escape(title)}</a>'


def _article(card: PostedCard) -> str:
    buttons = " · ".join(
        _anchor(each["title"], each["url"]) for each in card.content.get("actions", [])
    )
    elements = "".join(_element(each) for each in card.content["body"])
    where = html.escape(f"{card.channel}, {card.at:%Y-%m-%d %H:%M:%S}")
    return f"<article>{elements}<section>{buttons}</section><section><small>{where}</small></section></article>"


def _element(element: Mapping[str, Any]) -> str:
    match element["type"]:
        case "Container":
            colour = _COLOURS.get(element.get("style", ""), "#eee")
            inner = "".join(as_html(text) for text in texts(element))
            return f'<header style="background:{colour}">{inner}</header>'
        case "FactSet":
            return f"<section><table>{''.join(map(_row, element['facts']))}</table></section>"
        case "TextBlock":
            return f"<section>{as_html(element['text'])}</section>"
        case _:
            return ""


def _row(fact: Mapping[str, str]) -> str:
    return f"<tr><td><b>{as_html(fact['title'])}</b></td><td>{as_html(fact['value'])}</td></tr>"
