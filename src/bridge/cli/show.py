"""Tables and blocks for people, JSON for programs, from the same rows. Fits 80 columns."""

import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Annotated, Any

import orjson
import typer

from bridge.clock import SystemClock

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead, for programs.")]
NARROWEST = 20  # columns that the last cell of a row gets, however long the others are
GAP = "  "


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """One row a line; the last column takes what is left and goes on below itself.

    Nothing is cut: an id that is cut cannot be copied. Where a row does not fit the terminal, each
    is a block of names and values. `--json` prints whole rows instead.
    """
    if as_json:
        whole(list(rows))
        return
    if not rows:
        typer.echo("nothing to show")
        return
    cells = [[*columns], *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns) - 1)]
    room = _width() - sum(widths) - len(GAP) * len(widths)
    if room < NARROWEST:
        for row in rows:
            block(_cell(row.get(columns[0])))
            fields({column: row.get(column) for column in columns[1:]})
        return
    for number, line in enumerate(cells):
        for text in _lines(line, widths, room):
            typer.echo(typer.style(text, bold=True) if number == 0 else text)


def block(head: str, *lines: str, colour: str | None = None) -> None:
    """A heading and what belongs to it, indented and wrapped. Empty lines are left out."""
    typer.echo(typer.style(head, bold=True, fg=colour))
    for line in lines:
        for part in wrapped(line, indent="  "):
            typer.echo(part)


def fields(values: Mapping[str, Any], *, indent: str = "  ") -> None:
    """Name and value of what has a value, one a line."""
    shown = {name: _cell(value) for name, value in values.items() if value not in _NOTHING}
    width = max((len(name) for name in shown), default=0)
    for name, value in shown.items():
        head, *rest = wrapped(value, indent="", taken=len(indent) + width + len(GAP)) or [""]
        typer.echo(f"{indent}{name:<{width}}{GAP}{head}")
        for line in rest:
            typer.echo(f"{indent}{'':<{width}}{GAP}{line}")


def whole(value: Any) -> None:
    """One thing as JSON."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())


def named(row: Mapping[str, Any], end: str) -> str:
    """A record of a row by the name that people give it, or by its ref."""
    return str(row.get(f"{end}_key") or row.get(f"{end}_ref") or row.get(end) or "")


def count(number: int, one: str, several: str = "") -> str:
    """`1 cause`, `2 causes`; `several` where it is another word: `2 deliveries`."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def wrapped(text: str, *, indent: str, taken: int = 0) -> list[str]:
    """Lines that fit the terminal. A command stays on one line, so that it can be copied."""
    if text.startswith("bridge "):
        return [indent + text]
    room = max(NARROWEST, _width() - taken)
    return [
        line
        for part in text.splitlines()
        for line in textwrap.wrap(
            part,
            room,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def moment(text: str | None) -> str:
    """A time of the API as `2026-11-23 09:55:30`, UTC."""
    return "" if not text else f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def ago(text: str | None) -> str:
    """How long ago a time of the API was: `3m ago`."""
    if not text:
        return "never"
    seconds = (SystemClock().now() - datetime.fromisoformat(text)).total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f}{unit} ago"
    return f"{max(0, seconds):.0f}s ago"


def more(following: str | None, count: int) -> None:
    """Say that a list goes on; on stderr, so that what is piped on is the list alone."""
    if following:
        typer.echo(f"these are the newest {count}; --limit shows more", err=True)


_NOTHING: tuple[Any, ...] = (None, "", [], {})


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(_cell(item) for item in value)
        case dict():
            return orjson.dumps(value, default=str).decode()
        case str() if _is_moment(value):
            return moment(value)
        case _:
            return " ".join(str(value).split())


def _is_moment(text: str) -> bool:
    """A time as the API writes it. Other texts that happen to be dates stay as they are."""
    if not (20 <= len(text) <= 32 and text[4] == text[7] == "-" and text[10] == "T"):
        return False
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _lines(line: Sequence[str], widths: Sequence[int], room: int) -> Iterable[str]:
    last = textwrap.wrap(line[-1], room, break_long_words=False, break_on_hyphens=False)
    head = GAP.join(f"{text:<{width}}" for text, width in zip(line[:-1], widths, strict=True))
    for first, text in zip_longest([head], last, fillvalue=""):
        yield f"{first or ' ' * len(head)}{GAP}{text}".rstrip() if widths else text


def _width() -> int:
    return max(60, shutil.get_terminal_size((80, 24)).columns)
