"""The page of a signed link as HTML: no script, nothing loaded, all that comes from outside escaped. Pure."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode, urlsplit

from bridge.canonical.spelled import spelled
from bridge.canonical.text import REPLACEMENT, cut
from bridge.pipeline.syncing.asked import ConflictEnd
from bridge.pipeline.syncing.tickets import Ticket

LONGEST = 2_000  # characters of a value
MOST = 120  # of what stands in a sentence
# Marks that make a text read otherwise than it is: what is shown is what is decided on.
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], REPLACEMENT)
STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;--card:#f6f8fa;--act:#0a58ca;--on:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa5b1;--line:#3d444d;--paper:#0d1117;--card:#161b22;--act:#6cb0ff;--on:#0d1117}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .75rem}
h2{font-size:1.1rem;margin:0}
p{margin:0 0 .75rem;overflow-wrap:anywhere}
a{color:var(--act)}
.ends{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(17rem,100%),1fr));gap:1rem;margin:1.25rem 0}
.end{display:flex;flex-direction:column;border:1px solid var(--line);border-radius:.6rem;background:var(--card);padding:1rem;min-width:0}
.end form{margin:auto 0 0}
.value{margin:.5rem 0;padding:.6rem .75rem;border:1px solid var(--line);border-radius:.4rem;background:var(--paper);font-size:1.15rem;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
.soft{color:var(--soft);font-size:.9rem}
.notice{border-left:.3rem solid var(--act);padding-left:.75rem}
button{font:inherit;font-weight:600;width:100%;min-height:2.75rem;padding:.5rem 1rem;border:0;border-radius:.4rem;background:var(--act);color:var(--on);cursor:pointer;overflow-wrap:anywhere}
a:focus-visible,button:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
""".strip()
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, nosnippet",
}


def page(title: str, *parts: str) -> str:
    """A whole page. `parts` are HTML already."""
    said = escape(title)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{said}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{said}</h1>{''.join(parts)}</main></body></html>"
    )


def line(text: str, kind: str = "") -> str:
    """A paragraph of a text."""
    of = f' class="{kind}"' if kind else ""
    return f"<p{of}>{escape(text)}</p>"


def question(
    ticket: Ticket, pair: str, ends: Sequence[ConflictEnd], *, seen: str, notice: str = ""
) -> str:
    """Both values, who set them and when, and what each button would do. `seen` stands for the two."""
    one, other = ends
    boxes = "".join(_end(ticket, ends, at, seen) for at in (0, 1))
    return page(
        "Which value counts?",
        line(notice, "notice") if notice else "",
        f"<p>{bare(ticket.who)}: {_record(one)} and {_record(other)} should say the same, and since"
        f" they last did, both have changed <b>{escape(pair)}</b>. One of them has to give way.</p>",
        f'<div class="ends">{boxes}</div>',
        '<p class="soft">Opening this page has changed nothing, and closing it changes nothing. The'
        f" link is for {bare(ticket.who)} alone, until {escape(moment(ticket.expires_at))}; what is"
        " chosen here is kept under that name.</p>",
    )


def bare(text: str) -> str:
    """A text inside a sentence, whatever direction it is written in; what turns others around is shown."""
    return f"<bdi>{escape(text.translate(_TURNS))}</bdi>"


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d %b %Y, %H:%M} UTC"


def _record(end: ConflictEnd) -> str:
    return f"{_link(end)} in {escape(end.connection)}"


def _link(end: ConflictEnd) -> str:
    """Where people open the record, if that is an address of the web."""
    if urlsplit(end.url or "").scheme not in {"http", "https"}:
        return f"<b>{bare(end.record)}</b>"
    return f'<a href="{escape(end.url or "")}" rel="noreferrer noopener">{bare(end.record)}</a>'


def _end(ticket: Ticket, ends: Sequence[ConflictEnd], at: int, seen: str) -> str:
    end = ends[at]
    since = f"since {moment(end.changed_at)}" if end.changed_at else "nobody knows since when"
    by = f", by {bare(end.changed_by)}" if end.changed_by else ""
    called = f": {bare(cut(end.title, MOST))}" if end.title else ""
    return (
        f'<section class="end" aria-labelledby="end-{at}"><h2 id="end-{at}">{escape(end.connection)}</h2>'
        f'<p class="soft">{escape(end.field)} of {bare(end.record)}{called}</p>'
        f'<div class="value" dir="auto">{_value(end.value)}</div>'
        f'<p class="soft">{escape(since)}{by}</p>{_button(ticket, ends, at, seen)}</section>'
    )


def _button(ticket: Ticket, ends: Sequence[ConflictEnd], at: int, seen: str) -> str:
    end, other = ends[at], ends[1 - at]
    if ticket.take not in {"", end.connection}:
        return line("This link cannot choose this one. To have it, ask for another link.", "soft")
    if end.cannot:
        return line(f"It cannot be chosen: {end.cannot}", "soft")
    query = urlencode({"take": end.connection, "seen": seen})
    name = escape(end.connection)
    return (
        f'<p class="soft">{bare(other.record)} in {escape(other.connection)} would then say'
        f" <b>{_value(end.gives, MOST)}</b>.</p>"
        f'<form method="post" action="?{escape(query)}"><button>Take the value of {name}</button></form>'
    )


def _value(value: object, most: int = LONGEST) -> str:
    said = spelled(value)
    return bare(cut(said, most)) if said else "<i>(empty)</i>"
