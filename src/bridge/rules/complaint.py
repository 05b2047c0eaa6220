"""What the YAML parser complains of, in words for people; and where the mistake is, not where it was
noticed."""

import re

import yaml

from bridge.rules.problem import Problem
from bridge.rules.trap import quoted, remedy

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FLOW = {"while parsing a flow sequence": ("[", "]"), "while parsing a flow mapping": ("{", "}")}
_SAID = (
    # what the parser says, what we say, and what when quotes would help
    (
        "unknown escape character",
        "a backslash means something else inside double quotes; use single quotes",
        "",
    ),
    (
        "mapping values are not allowed",
        "this line does not go on from the one above; mend its indentation, or a missing `:`",
        "`: ` inside a text makes it a mapping",
    ),
    (
        "did not find expected key",
        "this line stands further left or right than its neighbours; line it up with them",
        "the text goes on after its closing quote or bracket",
    ),
    (
        "expected '-' indicator",
        "this line stands further left than the list item it belongs to; line it up",
        "",
    ),
)
_UP_TO = re.compile(r"[^,\]}]*")


def complaint(file: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    """The parser's complaint, and the quoted form where an expression looks like the cause."""
    lines = text.splitlines() or [""]
    line, column = _at(error.problem_mark or error.context_mark)
    context = _at(error.context_mark) if error.context_mark else (line, column)
    source = lines[min(line, len(lines)) - 1]
    opener, closer = _FLOW.get(error.context or "", ("", ""))
    if "quoted scalar" in (error.context or "") and "end of stream" in (error.problem or ""):
        return Problem(file, *context, "this quote is never closed; close it")
    if opener and context[0] != line and not remedy(source, column - 1):
        return Problem(file, *context, f"this `{opener}` is never closed; a `{closer}` is missing")
    said = _words(error, source, column - 1)
    return Problem(file, line, column, said or f"{error.problem}{remedy(source, column - 1)}")


def unreadable(file: str, text: str, error: yaml.YAMLError) -> Problem:
    """A character that no YAML file may hold."""
    found = _CONTROL.search(text)
    if found is None:
        return Problem(file, 1, 1, str(error).splitlines()[0])
    before = text[: found.start()]
    line = before.count("\n") + 1
    column = found.start() - (before.rfind("\n") + 1) + 1
    said = f"a control character (U+{ord(found.group()):04X}) stands here; take it out"
    return Problem(file, line, column, said)


def _at(mark: yaml.Mark | None) -> tuple[int, int]:
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)


def _words(error: yaml.MarkedYAMLError, source: str, column: int) -> str:
    """The complaint in words, or nothing where the parser's own do."""
    said, offered = error.problem or "", remedy(source, column)
    indent = source[: len(source) - len(source.lstrip())]
    if "\t" in indent or source[column : column + 1] == "\t":
        what = "a tab indents this line" if "\t" in indent else "a tab stands here"
        return f"{what}; YAML wants spaces"
    if "cannot start any token" in said:
        return f"`{source[column : column + 1]}` begins no text{_quoted_here(source, column)}"
    if "expected ',' or" in said and offered:
        return f"YAML takes a sign here for one of its own{offered}"
    if "expected ',' or" in said:
        return f"a `,` or {said.rpartition(' or ')[2].replace(chr(39), '`')} is missing before this"
    for part, plain, trapped in _SAID:
        if part in said:
            return f"{trapped}{offered}" if trapped and offered else plain
    return ""


def _quoted_here(source: str, column: int) -> str:
    """The quoted form: of the whole value, or inside {…} and […] of the part that is meant."""
    before = source[:column]
    if before.count("{") > before.count("}") or before.count("[") > before.count("]"):
        match = _UP_TO.match(source, column)
        return f"; quote it: {quoted(match.group().strip())}" if match else ""
    return remedy(source, column)
