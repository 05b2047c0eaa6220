"""Reads a query. What is not in the subset is MALFORMED_QUERY, as a typing error would be."""

from bridge.connectors.salesforce.simulator import value
from bridge.connectors.salesforce.simulator.rejection import Rejection
from bridge.connectors.salesforce.simulator.soql import literal
from bridge.connectors.salesforce.simulator.soql.syntax import (
    Among,
    Both,
    Compare,
    Condition,
    Either,
    Literal,
    Not,
    Order,
    Path,
    Query,
    Value,
)
from bridge.connectors.salesforce.simulator.soql.token import Kind, Token, malformed, tokens

_SIGNS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_CONSTANTS: dict[str, Value] = {"TRUE": True, "FALSE": False, "NULL": None}
_RESERVED = frozenset(
    {"SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ORDER", "BY", "LIMIT"}
)


def parse(text: str) -> Query:
    """Raises `Rejection` MALFORMED_QUERY."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._at = 0

    def query(self) -> Query:
        self._expect("SELECT")
        select = self._paths()
        self._expect("FROM")
        kind = self._name()
        where = self._condition() if self._took("WHERE") else None
        order = self._orders() if self._took("ORDER") else ()
        limit = self._whole_number() if self._took("LIMIT") else None
        if self._next.kind is not Kind.END:
            raise self._unexpected()
        return Query(
            text=self._text, select=select, object=kind, where=where, order=order, limit=limit
        )

    def _paths(self) -> tuple[Path, ...]:
        found = [self._path()]
        while self._took(","):
            found.append(self._path())
        names = [str(path).lower() for path in found]
        twice = next((path for path in names if names.count(path) > 1), None)
        if twice is not None:
            raise Rejection("MALFORMED_QUERY", f"duplicate field selected: {twice}")
        return tuple(found)

    def _condition(self) -> Condition:
        """AND and OR do not mix without parentheses: the vendor refuses to guess."""
        first = self._factor()
        word = self._next.word
        if word not in {"AND", "OR"}:
            return first
        parts = [first]
        while self._took(word):
            parts.append(self._factor())
        if self._next.word in {"AND", "OR"}:
            raise self._unexpected()
        return Both(tuple(parts)) if word == "AND" else Either(tuple(parts))

    def _factor(self) -> Condition:
        if self._took("NOT"):
            return Not(self._factor())
        if self._took("("):
            inner = self._condition()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        path = self._path()
        if self._took("IN"):
            return Among(path, self._literals(), negated=False)
        if self._took("NOT"):
            self._expect("IN")
            return Among(path, self._literals(), negated=True)
        if self._took("LIKE"):
            return Compare(path, "LIKE", self._literal())
        token = self._advance()
        if token.text not in _SIGNS:
            raise self._unexpected(token)
        return Compare(path, _SIGNS[token.text], self._literal())

    def _literals(self) -> tuple[Literal, ...]:
        self._expect("(")
        found = [self._literal()]
        while self._took(","):
            found.append(self._literal())
        self._expect(")")
        return tuple(found)

    def _literal(self) -> Literal:
        token = self._advance()
        if token.word in _CONSTANTS:
            return Literal(_CONSTANTS[token.word])
        try:
            return _read(token)
        except literal.BadEscape as error:
            sentence = f"Invalid string literal. Illegal character sequence '{error}' in it"
            raise malformed(self._text, token.at, sentence) from None
        except (ValueError, LookupError):
            raise self._unexpected(token) from None

    def _orders(self) -> tuple[Order, ...]:
        self._expect("BY")
        found = [self._order()]
        while self._took(","):
            found.append(self._order())
        return tuple(found)

    def _order(self) -> Order:
        path = self._path()
        descending = self._took("DESC")
        if not descending:
            self._took("ASC")
        nulls_first = True
        if self._took("NULLS"):
            nulls_first = self._took("FIRST")
            if not nulls_first:
                self._expect("LAST")
        return Order(path, descending, nulls_first)

    def _path(self) -> Path:
        token = self._advance()
        if token.kind is not Kind.NAME or token.word in _RESERVED:
            raise self._unexpected(token)
        return Path(tuple(token.text.split(".")), token.at)

    def _name(self) -> str:
        path = self._path()
        if len(path.parts) > 1:
            raise malformed(self._text, path.at, f"unexpected token: '{path}'")
        return path.parts[0]

    def _whole_number(self) -> int:
        token = self._advance()
        if not (token.kind is Kind.NUMBER and token.text.isdigit()):
            raise self._unexpected(token)
        return int(token.text)

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _advance(self) -> Token:
        token = self._next
        if token.kind is Kind.END:
            raise malformed(self._text, token.at, "unexpected token: <EOF>")
        self._at += 1
        return token

    def _took(self, text: str) -> bool:
        """Go past the next token if it is this keyword or sign."""
        token = self._next
        taken = token.word == text or (token.kind is Kind.SIGN and token.text == text)
        self._at += taken
        return taken

    def _expect(self, text: str) -> None:
        if not self._took(text):
            raise self._unexpected()

    def _unexpected(self, token: Token | None = None) -> Rejection:
        found = token or self._next
        return malformed(self._text, found.at, f"unexpected token: '{found.text or '<EOF>'}'")


def _read(token: Token) -> Literal:
    match token.kind:
        case Kind.TEXT:
            raw = token.text[1:-1]
            return Literal(literal.text(raw), raw)
        case Kind.NUMBER:
            return Literal(float(token.text))
        case Kind.DATE:
            return Literal(value.day(token.text))
        case Kind.DATETIME:
            return Literal(value.moment(token.text))
        case _:
            raise LookupError(token.text)
