"""Finds the `${…}` in a text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: literal, or an expression and where it starts."""

    text: str
    at: int
    expression: bool


class Unclosed(ValueError):
    """A `${` without its `}`; `at` is where it stands."""

    def __init__(self, at: int) -> None:
        super().__init__("`${` without its `}`; write $${ for a plain ${")
        self.at = at


def pieces(text: str) -> tuple[Piece, ...]:
    """Literals and expressions in order; `$${` is a plain `${`. Raises Unclosed."""
    found: list[Piece] = []
    literal, start, here = "", 0, 0
    while here < len(text):
        if text.startswith("$${", here):
            literal, here = literal + "${", here + 3
        elif text.startswith("${", here):
            end = _end(text, here)
            found += [Piece(literal, start, expression=False)] if literal else []
            found.append(Piece(text[here + 2 : end], here + 2, expression=True))
            literal, here = "", end + 1
            start = here
        else:
            literal, here = literal + text[here], here + 1
    return (*found, Piece(literal, start, expression=False)) if literal else tuple(found)


def _end(text: str, start: int) -> int:
    """Where the brace of the `${` at `start` closes; braces in quotes and maps are passed over."""
    depth, quote, here = 0, "", start + 2
    while here < len(text):
        letter = text[here]
        if quote:
            here += letter == "\\"
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "}" and depth == 0:
            return here
        else:
            depth += (letter == "{") - (letter == "}")
        here += 1
    raise Unclosed(start)
