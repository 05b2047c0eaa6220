"""The words of a query: names, literals and signs, each with the column it begins at."""

import re
from dataclasses import dataclass
from enum import StrEnum

from bridge.connectors.salesforce.simulator.rejection import Rejection

_CONTEXT = 40  # characters of the query shown before the fault


class Kind(StrEnum):
    NAME = "name"
    TEXT = "text"  # still with its quotes and escapes
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True)
class Token:
    kind: Kind
    text: str
    at: int

    @property
    def word(self) -> str:
        """Upper-case for comparing with keywords; empty for anything but a name."""
        return self.text.upper() if self.kind is Kind.NAME else ""


_PATTERNS = (
    (Kind.DATETIME, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"),
    (Kind.DATE, r"\d{4}-\d\d-\d\d"),
    (Kind.NUMBER, r"[+-]?(?:\d+\.?\d*|\.\d+)"),
    (Kind.TEXT, r"'(?:[^'\\]|\\.)*'"),
    (Kind.NAME, r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"),
    (Kind.SIGN, r"!=|<>|<=|>=|[=<>(),]"),
)
_TOKEN = re.compile(
    r"\s*(?:" + "|".join(f"(?P<{kind.value}>{pattern})" for kind, pattern in _PATTERNS) + ")",
    re.DOTALL | re.ASCII,
)


def tokens(query: str) -> list[Token]:
    """All words of a query with an END behind them. Raises MALFORMED_QUERY."""
    found: list[Token] = []
    at, end = 0, len(query.rstrip())
    while at < end:
        match = _TOKEN.match(query, at)
        if match is None or match.lastgroup is None:
            raise malformed(query, at, f"unexpected token: '{query[at:end].lstrip()[:1]}'")
        name = match.lastgroup
        found.append(Token(Kind(name), match[name], match.start(name)))
        at = match.end()
    return [*found, Token(Kind.END, "", end)]


def malformed(query: str, at: int, text: str) -> Rejection:
    """MALFORMED_QUERY with the place, as the vendor draws it."""
    return at_place("MALFORMED_QUERY", query, at, text)


def at_place(code: str, query: str, at: int, text: str) -> Rejection:
    begin = max(0, at - _CONTEXT)
    shown = query[begin : at + 20].replace("\n", " ")
    place = f"ERROR at Row:1:Column:{at + 1}"
    return Rejection(code, f"\n{shown}\n{' ' * (at - begin)}^\n{place}\n{text}")
