"""The expression language: CEL, typed at load, budgeted, without I/O. Nothing else imports it.

The library's own budget holds an evaluation (about 10,000 iterations) and an expression's depth
(32). An evaluation that fails comes back as a `Failure`, never as an exception.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from cel_expr_python import cel  # type: ignore[import-untyped]
from cel_expr_python.ext import (  # type: ignore[import-untyped]
    ext_optional,
    ext_strings,
)
from google.protobuf import descriptor_pool
from google.protobuf.message import Message

from bridge.rules import tree
from bridge.rules.cel_words import in_words

LONGEST = 4_000  # characters of one expression
_COMPLAINT = re.compile(r"<input>:(-?\d+):(-?\d+): (.*)")
_TIMES = {"timestamp": cel.Type.TIMESTAMP, "dyn": cel.Type.DYN}


class ExpressionError(Exception):
    """An expression that does not compile. `offset` is the character the complaint is about."""

    def __init__(self, text: str, offset: int) -> None:
        super().__init__(text)
        self.text = text
        self.offset = offset


@dataclass(frozen=True)
class Failure:
    """An evaluation that gave no value, in words."""

    text: str


@dataclass(frozen=True)
class Expression:
    """A compiled expression: its text, the name of its type (`BOOL`, `STRING`, …) and its tree."""

    text: str
    type: str
    root: tree.Node
    _compiled: cel.Expression

    @cached_property
    def names(self) -> tuple[tree.Path, ...]:
        """The dotted names it looks at, each once."""
        return tuple(dict.fromkeys(tree.names(self.root)))

    def evaluate(self, binding: "Binding") -> Any:
        """Its value as plain Python, or a `Failure`. Times are aware UTC, lists and maps plain."""
        try:
            answer = self._compiled.eval(binding.activation)
        except RuntimeError as error:  # the budget
            return Failure(_first_line(str(error)))
        if answer.type() == cel.Type.ERROR:
            return Failure(_first_line(str(answer.value())))
        return _plain(answer.plain_value())


@dataclass(frozen=True)
class Binding:
    """Values for the variables of one scope; serves any number of its expressions and threads."""

    activation: cel.Activation


class Scope:
    """What an expression may name: variables with their types, over one pool of messages.

    A type is a message's full name, `timestamp`, `dyn`, or `map:string` (values of string, double,
    bool or dyn).
    """

    def __init__(self, pool: descriptor_pool.DescriptorPool, variables: Mapping[str, str]) -> None:
        self._known: dict[str, Expression] = {}  # rules say the same again and again
        self._env = cel.NewEnv(
            descriptor_pool=pool,
            variables={name: _type(kind) for name, kind in variables.items()},
            extensions=[ext_strings.ExtStrings(), ext_optional.ExtOptional()],
        )

    def compile(self, text: str) -> Expression:
        """Parse and type-check. Raises ExpressionError. The same text is the same expression."""
        if text not in self._known:
            self._known[text] = self._compiled(text)
        return self._known[text]

    def _compiled(self, text: str) -> Expression:
        if len(text) > LONGEST:
            raise ExpressionError(f"the expression is longer than {LONGEST:,} characters", 0)
        try:
            compiled = self._env.compile(text)
        except RuntimeError as error:
            raise _complaint(text, str(error)) from None
        kind = compiled.return_type().name()
        return Expression(text, kind, tree.read(compiled.serialize()), compiled)

    def part(self, whole: Expression, node: tree.Node) -> Expression:
        """One node of an expression of this scope as an expression of its own; `text` is the whole's."""
        serialized = tree.part(whole._compiled.serialize(), node)  # noqa: SLF001  (the same module)
        compiled = self._env.deserialize(serialized)
        return Expression(whole.text, compiled.return_type().name(), node, compiled)

    def bind(self, values: Mapping[str, Any]) -> Binding:
        """Values by variable: messages, aware datetimes, or plain mappings for maps."""
        return Binding(self._env.Activation(dict(values)))


def _type(kind: str) -> cel.Type:
    if kind.startswith("map:"):
        values = {"string": cel.Type.STRING, "double": cel.Type.DOUBLE, "bool": cel.Type.BOOL}
        return cel.Type.Map(cel.Type.STRING, values.get(kind[4:], cel.Type.DYN))
    return _TIMES.get(kind) or cel.Type(kind)


def _complaint(text: str, said: str) -> ExpressionError:
    """The first of the compiler's complaints, in the words of a mapping."""
    found = _COMPLAINT.search(said)
    if found is None:
        return ExpressionError(_first_line(said), 0)
    line, column, words = int(found[1]), int(found[2]), found[3]
    starts = [0, *(at + 1 for at, letter in enumerate(text) if letter == "\n")]
    offset = starts[line - 1] + column - 1 if 0 < line <= len(starts) and column > 0 else 0
    return ExpressionError(in_words(words), min(offset, max(0, len(text) - 1)))


def _first_line(said: str) -> str:
    line = said.strip().splitlines()[0] if said.strip() else "no value"
    if len(line) > 1 and line[0] == line[-1] == '"':
        line = line[1:-1].replace('\\"', '"')
    return re.sub(r"^[A-Z_]+: |\s*\[[A-Z_]+\]$", "", line)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(_plain(key)): _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case None | bool() | int() | float() | str() | datetime() | timedelta():
            return value
        case bytearray() | bytes():
            return bytes(value).decode("utf-8", "replace")
        case Message():
            return Failure("a whole record is no value; name one of its fields")
        case _:
            return Failure(f"a value of type {type(value).__name__} has no place here")
