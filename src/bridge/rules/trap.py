"""The quoted form of a line that YAML reads otherwise than it was meant."""

import re

_PAIR = re.compile(r"^\s*(?:- )*(?P<key>[A-Za-z_][\w.-]*):\s+(?P<value>\S.*)$")
_SIGN = re.compile(r"[!&*@`%]|[\"'].*[\"']\s*\S|[\[{].*[\]}]\s*\S|.*(?:\$\{|: | #|==|&&|\|\|)")

_WHOLE = re.compile(r"\{[^{}]*(\{[^{}]*\}[^{}]*)*\}|\[[^\[\]]*\]")  # a mapping or list, on one line


def remedy(line: str, column: int) -> str:
    """The tail of a complaint: how to quote the value on this line, if that would help."""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return ""
    if "{" in line[:column] and "${" in line:
        return '; inside {…} a text with ${…} needs quotes: {Severity: "${feedback.severity}"}'
    match = _PAIR.match(line)
    if (
        match is None
        or not _SIGN.match(match["value"])
        or _WHOLE.fullmatch(match["value"].rstrip())
    ):
        return ""
    return f"; quote it: {match['key']}: {quoted(match['value'].rstrip())}"


def quoted(text: str) -> str:
    """A text as a quoted YAML scalar, single quotes where they do."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1]:
        text = text[1:-1]
    return "'" + text.replace("'", "''") + "'"


def unbalanced(text: str) -> bool:
    """Does this expression stop inside a quote or a bracket, as one cut by a comment does?"""
    open_: list[str] = []
    quote = ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([{":
            open_.append(letter)
        elif letter in ")]}" and open_:
            open_.pop()
    return bool(quote or open_) or text.rstrip().endswith(
        ("&&", "||", "==", "<", ">", "+", "?", ":")
    )
