"""Plain text as a tree, and a tree as plain text: lists by `- ` and `1. `, quotes by `> `.

Only what the writer writes is read as more than lines, so that the two agree.
"""

import re
from collections.abc import Iterator, Sequence

from bridge.converters.rich import tree
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
)

_INDENT = "  "
_ITEM = re.compile(r"((?:  )*)(-|\d{1,4}\.) (\S.*)$")
_QUOTES = re.compile(r"(?:> )+")
_EMPTY_LINES = re.compile(r"\n{2,}")
_RULE = "----"


def read(source: str) -> tuple[Block, ...]:
    """The whole text, whatever it is."""
    lines = [one.rstrip() for one in tree.plain_blanks(tree.tidy(source)).split("\n")]
    parts = _EMPTY_LINES.split("\n".join(lines))
    return tuple(block for part in parts for block in _blocks(part.split("\n")))


def write(blocks: Sequence[Block]) -> str:
    text = "\n\n".join(block(one) for one in blocks)
    return _EMPTY_LINES.sub("\n\n", "\n".join(one.rstrip() for one in text.split("\n"))).strip("\n")


def block(one: Block) -> str:
    match one:
        case Paragraph(lines):
            return "\n".join(map(_line, lines))
        case Heading(_, said):
            return _line(said)
        case Listing(items):
            return "\n".join(_items(items))
        case Quote(inner):
            return "\n".join(f"> {said}" for said in write(inner).split("\n"))
        case Code(text):
            return text
        case Rule():
            return _RULE


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Blocks of lines without an empty one between them."""
    place = 0
    while place < len(lines):
        for kind in (_listing, _quote, _rule):
            end, found = kind(lines, place)
            if found:
                break
        else:
            end, found = _text(lines, place)
        yield from found
        place = end


def _text(lines: Sequence[str], place: int) -> tuple[int, list[Block]]:
    end = place + 1
    while end < len(lines) and not _begins(lines, end):
        end += 1
    said = [tree.line([Run(one)], keep_indent=True) for one in lines[place:end]]
    return end, [*tree.paragraphs(said)]


def _begins(lines: Sequence[str], place: int) -> bool:
    """Whether another kind of block begins here."""
    one = lines[place]
    item = _ITEM.match(one)
    return bool((item and not item[1] and item[2] in {"-", "1."}) or _is_quote(one) or one == _RULE)


def _listing(lines: Sequence[str], place: int) -> tuple[int, list[Block]]:
    items: list[tuple[str, list[Line]]] = []
    numbers: list[int] = []
    while place < len(lines):
        path = _path(items[-1][0] if items else "", numbers, lines[place])
        if path:
            said = _ITEM.match(lines[place])
            assert said is not None
            items.append((path, [tree.line([Run(said[3])])]))
        elif items and (more := _continued(items[-1][0], numbers, lines[place])):
            items[-1][1].append(tree.line([Run(more)]))
        else:
            break
        place += 1
    return place, [*tree.listings(items)]


def _path(before: str, numbers: list[int], text: str) -> str:
    """Where an item stands, empty for what is none: numbers go on where they were."""
    found = _ITEM.match(text)
    if found is None:
        return ""
    depth = len(found[1]) // len(_INDENT)
    kind = "*" if found[2] == "-" else "#"
    if depth > len(before) or (before and depth == 0 and kind != before[0]):
        return ""
    goes_on = depth < len(before) and before[depth] == kind
    number = (numbers[depth] if goes_on else 0) + 1
    if kind == "#" and found[2] != f"{number}.":
        return ""
    numbers[depth:] = [number]
    return before[:depth] + kind


def _continued(path: str, numbers: Sequence[int], text: str) -> str:
    front = _front(path, numbers[-1])
    return text[len(front) :] if text.startswith(" " * len(front)) else ""


def _front(path: str, number: int) -> str:
    """What stands before the text of an item."""
    return _INDENT * (len(path) - 1) + ("- " if path[-1] == "*" else f"{number}. ")


def _quote(lines: Sequence[str], place: int) -> tuple[int, list[Block]]:
    end = place
    while end < len(lines) and _is_quote(lines[end]):
        end += 1
    inner = "\n".join(_unquoted(one) for one in lines[place:end])
    return end, [*tree.quotes(read(inner))] if end > place else []


def _is_quote(one: str) -> bool:
    return one == ">" or one.startswith("> ")


def _unquoted(one: str) -> str:
    """Without any of its quotes: what a quote quotes is in it, too."""
    return _QUOTES.sub("", one, count=1).removeprefix(">") if one.startswith("> ") else ""


def _rule(lines: Sequence[str], place: int) -> tuple[int, list[Block]]:
    return (place + 1, [Rule()]) if lines[place] == _RULE else (place, [])


def _items(items: Sequence[Item]) -> Iterator[str]:
    numbers: list[int] = []
    before = ""
    for path, lines in items:
        depth = len(path) - 1
        goes_on = depth < len(before) and before[: depth + 1] == path
        numbers[depth:] = [(numbers[depth] if goes_on else 0) + 1]
        front = _front(path, numbers[-1])
        yield from (
            (front if place == 0 else " " * len(front)) + _line(said)
            for place, said in enumerate(lines)
        )
        before = path


def _line(runs: Line) -> str:
    return "".join(_run(run) for run in runs)


def _run(run: Run) -> str:
    bare = run.href.removeprefix("mailto:").removeprefix("tel:")
    return (
        run.text if run.text in ("", run.href, bare) or not run.href else f"{run.text} ({run.href})"
    )
