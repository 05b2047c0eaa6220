"""Conditions and values of one rule, compiled and checked; what is wrong is collected, not raised."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.rules.cel_words import FUNCTIONS, named, unknown_name
from bridge.rules.descriptors import PACKAGE
from bridge.rules.document import Document
from bridge.rules.expression import Expression, ExpressionError
from bridge.rules.guard import Guard, Present, flat, present
from bridge.rules.placeholder import Piece, Unclosed, pieces
from bridge.rules.problem import Problem, did_you_mean, nearest
from bridge.rules.ruleset import Condition, Site, World
from bridge.rules.template import (
    DEFERRED,
    LINKED,
    RESULTS,
    Computed,
    Constant,
    Joined,
    Later,
    Listing,
    Table,
    Template,
)
from bridge.rules.trap import quoted, unbalanced
from bridge.rules.tree import path

_NO_FIELD = re.compile(r"undefined field '(\w+)' not found in struct '(\w+)'")
_NO_NAME = re.compile(r"undeclared reference to '([\w-]+)(?:\.(\w+))?")
_RESULT = re.compile(r"\s*([a-z][a-z0-9_-]*)\.([a-z_]+)\s*")


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """Compiles in one world. `given` are fields known to be there, `steps` those that make a
    record and stand before."""

    world: World
    guard: Guard
    problems: list[Problem]
    steps: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()  # steps that stand later or make nothing
    blind: bool = False  # the condition before cannot be read: nobody knows what it saw to
    has_linked: bool = field(default=False)

    def knowing(self, given: Present) -> "Compiler":
        """The same, behind a condition that saw to these fields."""
        return replace(self, guard=replace(self.guard, given=self.guard.given | given))

    def unknowing(self) -> "Compiler":
        """The same for another moment: what conditions showed of this one says nothing of it."""
        return replace(self, guard=replace(self.guard, given=frozenset()))

    def after(self, steps: frozenset[str], others: frozenset[str]) -> "Compiler":
        """The same, with the results of these steps."""
        return replace(self, steps=steps, others=others)

    def condition(self, site: Site, text: str) -> Condition | None:
        """A yes-or-no expression with its terms, or `None` and a problem."""
        if self._cut(site, text):
            return None
        whole = self._compiled(site, text, at=0)
        if whole is None:
            return None
        if whole.type != "BOOL":
            said = f"a condition is true or false, this is {named(whole.type)}; compare it with something"
            self._say(site, 0, text=said)
            return None
        for finding in self.guard.condition(whole.root):
            self._say(site, finding.at, text=finding.text)
        return Condition(whole=whole, terms=tuple(self._terms(whole)), site=site)

    def present(self, condition: Condition | None) -> Present:
        """What a condition that held has shown to be there."""
        return frozenset() if condition is None else present(condition.whole.root, self.guard)

    def value(self, site: Site, value: Any, *, keep_empty: bool) -> Template:
        """An argument, a list or a mapping of them; `keep_empty` writes empty fields as null."""
        match value:
            case str():
                return self._text(site, value)
            case Mapping():
                self._no_deferred(site, value)
                items = {
                    key: self.value(_below(site, key), item, keep_empty=keep_empty)
                    for key, item in value.items()
                }
                return Table(items, keep_empty)
            case list() | tuple():
                numbered = enumerate(value)
                return Listing(
                    tuple(self.value(_below(site, n), v, keep_empty=False) for n, v in numbered)
                )
            case _:
                return Constant(value)

    def computed(self, site: Site, text: str) -> Template:
        """The value of a bare expression."""
        if self._cut(site, text):
            return Constant("")
        return self._piece(site, Piece(text, 0, expression=True))

    def _no_deferred(self, site: Site, value: Mapping[str, Any]) -> None:
        if DEFERRED in value:
            self._say(site, 0, text=f"`{DEFERRED}` is Bridge's own word and cannot be a key")

    def _text(self, site: Site, text: str) -> Template:
        try:
            found = pieces(text)
        except Unclosed as error:
            if not self._cut(site, text):
                self._say(site, error.at, text=str(error))
            return Constant(text)
        if any(piece.expression for piece in found) and self._cut(site, text):
            return Constant(text)
        if len(found) == 1 and found[0].expression:
            return self._piece(site, found[0])
        if not any(piece.expression for piece in found):
            return Constant("".join(piece.text for piece in found))
        return Joined(tuple(self._piece(site, piece) for piece in found))

    def _piece(self, site: Site, piece: Piece) -> Template:
        if not piece.expression:
            return Constant(piece.text)
        later = self._later(site, piece)
        if later is not None:
            return later
        expression = self._compiled(site, piece.text, at=piece.at)
        if expression is None:
            return Constant("")
        for finding in () if self.blind else self.guard.value(expression.root):
            self._say(site, piece.at + finding.at, text=finding.text)
        if expression.type.upper().startswith(("OPTIONAL", "TYPE")):
            self._say(site, piece.at, text="this is no plain value; end it with .orValue(…)")
        return Computed(expression, self._bare(expression), piece.at)

    def _later(self, site: Site, piece: Piece) -> Later | None:
        match = _RESULT.fullmatch(piece.text)
        if match is None or match[1] not in self._named():
            return None
        if match[2] not in RESULTS:
            text = f"`{match[1]}` has no `{match[2]}`{did_you_mean(match[2], RESULTS)}"
            self._say(site, piece.at + match.start(2), text=text)
        elif match[1] in self.others:
            text = (
                f"step `{match[1]}` makes no record before this step, so it has no {match[2]} yet"
            )
            self._say(site, piece.at + match.start(1), text=text)
        return Later(match[1], match[2])

    def _named(self) -> frozenset[str]:
        return self.steps | self.others | (frozenset({LINKED}) if self.has_linked else frozenset())

    def _bare(self, expression: Expression) -> tuple[str, ...] | None:
        name = path(expression.root)
        known = name is not None and self.guard.schema.field(self.guard.variables, name)
        return name if known else None

    def _compiled(self, site: Site, text: str, *, at: int) -> Expression | None:
        try:
            return self.world.scope.compile(text)
        except ExpressionError as error:
            self._say(site, at + error.offset, text=self._explained(error.text))
            return None

    def _explained(self, said: str) -> str:
        """The compiler's words; for the result of a step, what can be done with one."""
        field = _NO_FIELD.match(said)
        if field is not None:
            message = f"{PACKAGE}.{field[2]}"
            known = self.guard.schema.fields.get(message, {})
            owner = self._owner(message) or field[2]
            return f"`{owner}` has no field `{field[1]}`{did_you_mean(field[1], known)}"
        match = _NO_NAME.search(said)
        if match is None:
            return said
        if match[1] in self._named():
            return (
                f"what `{match[1]}` gives is not known yet, so nothing can be computed from it; "
                f"put it into a text as ${{{match[1]}.key}}"
            )
        return self._unknown(match[1], match[2] or "")

    def _owner(self, message: str) -> str | None:
        """The variable of this message type, or the field of one."""
        variables = self.world.variables
        for name, kind in variables.items():
            if kind == message:
                return name
        for name, kind in variables.items():
            for label, item in self.guard.schema.fields[kind].items():
                if item.message == message:
                    return f"{name}.{label}"
        return None

    def _unknown(self, name: str, rest: str) -> str:
        if name == "maps" and not rest:
            return "`maps` alone is no value; write maps.name[key]"
        if name == "maps":
            return f"no map `{rest}`{did_you_mean(rest, self.world.maps)}"
        if any(step.startswith(f"{name}.") for step in self._named()):
            return f"there is no `{name}` here; to use what a step makes, give that step an `id:`"
        known = {*self.world.variables, "now", *(step for step in self._named() if "." not in step)}
        near = nearest(name, known | FUNCTIONS)
        hint = unknown_name(name) if near is None else f"; did you mean `{near}`?"
        names = f"; names here are {', '.join(sorted(known))}" if near is None else ""
        return f"there is no `{name}` here{hint}{names}"

    def _terms(self, whole: Expression) -> Iterator[Expression]:
        """The top-level `&&` terms, each compiled alone."""
        if len(flat(whole.root, "_&&_")) == 1:
            return
        for text in split(whole.text):
            try:
                yield self.world.scope.compile(text)
            except ExpressionError:
                return

    def _cut(self, site: Site, text: str) -> bool:
        """Did YAML take the end of this expression for a comment?"""
        comment = site.document.comment_after(site.path)
        if not comment or not (unbalanced(text) or "${" in text):
            return False
        whole = quoted(f"{text} {comment}")
        self._say(
            site, 0, text=f"YAML cuts this at ` #`, which starts a comment; quote it: {whole}"
        )
        return True

    def _say(self, site: Site, at: int, *, text: str) -> None:
        self.problems.append(site.document.text_problem(site.path, at, text))


def split(text: str) -> tuple[str, ...]:
    """The terms of a chain of `&&` at the top level of an expression."""
    terms, start, depth, quote, here = [], 0, 0, "", 0
    while here < len(text):
        letter = text[here]
        if quote:
            here += letter == "\\"
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif depth == 0 and text.startswith("&&", here):
            terms.append(text[start:here].strip())
            start = here + 2
        else:
            depth += (letter in "([{") - (letter in ")]}")
        here += 1
    return (*terms, text[start:].strip())


def site(document: Document, *steps: str | int) -> Site:
    """A place in a file."""
    return Site(document, tuple(steps))


def _below(place: Site, step: str | int) -> Site:
    return Site(place.document, (*place.path, step))
