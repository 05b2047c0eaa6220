"""JQL, the part that is served: comparisons joined by AND, OR and brackets, and ORDER BY.

What is not understood is refused; nothing is ever silently everything.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bridge.connectors.jira.simulator.refusal import UNBOUNDED, Refused

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<sign>!=|!~|>=|<=|=|~|>|<|\(|\)|,)
    |(?P<word>(?:cf\[\d+\]|[^\s"'=!~<>(),\[\]]+)))""",
    re.VERBOSE,
)
_LISTS = {"in", "not in"}
_SIGNS = {"=", "!=", "~", ">", ">=", "<", "<="}


@dataclass(frozen=True, kw_only=True)
class Clause:
    """`operator`: = != ~ > >= < <= in, not in, is, is not. `values` as written, unquoted."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Group:
    """`joint` is `and` or `or`."""

    joint: str
    parts: tuple["Clause | Group", ...]


@dataclass(frozen=True, kw_only=True)
class Query:
    where: Clause | Group | None
    order: tuple[tuple[str, bool], ...] = ()  # field, and whether descending


@dataclass(frozen=True)
class _Token:
    text: str
    quoted: bool = False

    @property
    def word(self) -> str:
        """Lower-case, for keywords; empty for a quoted one, which is none."""
        return "" if self.quoted else self.text.lower()


def parse(jql: str) -> Query:
    """Raises Refused 400 with Jira's error body."""
    return _Parser(_tokens(jql)).query()


def bounded(query: Query) -> Query:
    """Refuse a query without any restriction, as `/search/jql` does."""
    if query.where is None:
        raise Refused(400, UNBOUNDED)
    return query


def wrong(why: str) -> Refused:
    return Refused(400, f"Error in the JQL Query: {why}")


def _tokens(jql: str) -> list[_Token]:
    tokens: list[_Token] = []
    rest = jql.strip()
    while rest:
        match = _TOKEN.match(rest)
        if match is None:
            raise wrong(f"The character '{rest[0]}' is a reserved JQL character.")
        quoted = match["quoted"]
        if quoted is not None:
            tokens.append(_Token(re.sub(r"\\(.)", r"\1", quoted[1:-1]), quoted=True))
        else:
            tokens.append(_Token(match["sign"] or match["word"]))
        rest = rest[match.end() :].lstrip()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        where = None if self._word() in {"", "order"} and not self._quoted() else self._any()
        order = self._order() if self._took("order") else ()
        if self._at < len(self._tokens):
            raise wrong(f"Expecting either 'OR' or 'AND' but got '{self._tokens[self._at].text}'.")
        return Query(where=where, order=order)

    def _any(self) -> Clause | Group:
        return self._joined("or", self._all)

    def _all(self) -> Clause | Group:
        return self._joined("and", self._one)

    def _joined(self, joint: str, part: Callable[[], Clause | Group]) -> Clause | Group:
        parts = [part()]
        while self._took(joint):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Group(joint=joint, parts=tuple(parts))

    def _one(self) -> Clause | Group:
        if self._took("("):
            inner = self._any()
            self._expect(")")
            return inner
        field = self._next("a field name")
        if field.word in {"not", "and", "or", ")", ","}:
            raise wrong(f"'{field.text}' is not understood here.")
        operator = self._operator()
        return Clause(field=field.text, operator=operator, values=self._values(operator))

    def _operator(self) -> str:
        word = self._next("an operator").word
        if word in _SIGNS or word == "in":
            return word
        if word == "is":
            return "is not" if self._took("not") else "is"
        if word == "not" and self._took("in"):
            return "not in"
        raise wrong(f"Expecting operator but got '{word}'.")

    def _values(self, operator: str) -> tuple[str, ...]:
        if operator not in _LISTS:
            return (self._value(),)
        self._expect("(")
        values = [self._value()]
        while self._took(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> str:
        token = self._next("a value")
        if not token.quoted and token.text in {"(", ")", ",", *_SIGNS}:
            raise wrong(f"Expecting a value but got '{token.text}'.")
        if self._word() == "(":
            raise wrong(f"Unable to find JQL function '{token.text}()'.")
        return token.text

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._expect("by")
        order: list[tuple[str, bool]] = []
        while not order or self._took(","):
            field = self._next("a field name").text
            descending = self._took("desc")
            if not descending:
                self._took("asc")
            order.append((field, descending))
        return tuple(order)

    def _word(self) -> str:
        return self._tokens[self._at].word if self._at < len(self._tokens) else ""

    def _quoted(self) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at].quoted

    def _took(self, word: str) -> bool:
        if self._word() != word:
            return False
        self._at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._took(word):
            raise wrong(f"Expecting '{word}'.")

    def _next(self, what: str) -> _Token:
        if self._at >= len(self._tokens):
            raise wrong(f"Expecting {what} before the end.")
        self._at += 1
        return self._tokens[self._at - 1]
