"""The text of a mapping file with other caps in one rule; comments and everything else stay. Pure."""

from typing import Any

from bridge.errors import RuleError
from bridge.rules.document import Document, Path, read


def with_caps(file: str, text: str, rule: str, said: str) -> str:
    """The file with `caps: said` in that rule. Raises RuleError where that cannot be done safely."""
    document, _ = read(file, text)
    number = _number(document, rule)
    if document is None or number is None:
        raise RuleError(f"{file}: there is no rule {rule} in it")
    lines = text.splitlines(keepends=True)
    place: Path = ("rules", number)
    at, until, indent = _lines(document, place)
    made = "".join([*lines[:at], f"{indent}caps: {said}\n", *lines[until:]])
    _is_the_same(file, document, made, place)
    return made


def has_rule(file: str, text: str, rule: str) -> bool:
    """Whether the rule stands in this file, once."""
    return _number(read(file, text)[0], rule) is not None


def _number(document: Document | None, rule: str) -> int | None:
    rules = document.value.get("rules") if document else None
    found = [
        number
        for number, one in enumerate(rules or ())
        if isinstance(one, dict) and one.get("id") == rule
    ]
    return found[0] if len(found) == 1 else None


def _lines(document: Document, place: Path) -> tuple[int, int, str]:
    """The lines that are replaced, from and up to; and how far the rule's keys are indented."""
    own = sorted(
        (at.line, at.column, str(path[-1]))
        for path, at in document.keys.items()
        if path[:-1] == place
    )
    starts = {name: (line, column) for line, column, name in own}
    line, column = starts.get("caps") or starts["do"]
    before = document.lines[line - 1][: column - 1]
    if before.strip():
        raise RuleError(
            f"{document.file}:{line}: the rule is not written with a line for each key;"
            " put the caps there by hand"
        )
    if "caps" not in starts:
        return line - 1, line - 1, before
    following = [other for other, _, _ in own if other > line]
    end = following[0] - 1 if following else _end(document, place)
    while end > line and _is_empty(document.lines[end - 1]):
        end -= 1
    return line - 1, end, before


def _end(document: Document, place: Path) -> int:
    """The last line of the caps, where they are the last thing in the rule."""
    ends = [at.line for path, at in document.ends.items() if path[: len(place)] == place]
    return max(ends)


def _is_empty(line: str) -> bool:
    return not line.strip() or line.strip().startswith("#")


def _is_the_same(file: str, before: Document, made: str, place: Path) -> None:
    """But for the caps of that rule."""
    after, _ = read(file, made)
    if after is None or _without_caps(before, place) != _without_caps(after, place):
        raise RuleError(f"{file}: the caps cannot be put there safely; do it by hand")


def _without_caps(document: Document, place: Path) -> Any:
    section, number = place
    rules = [
        {key: item for key, item in rule.items() if key != "caps"} if at == number else rule
        for at, rule in enumerate(document.value[section])
    ]
    return {**document.value, section: rules}
