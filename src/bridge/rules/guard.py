"""Absent is absent: finds the places where a field without a value would be compared.

A record without a score must not match `score <= 6`, nor one without a due date `due < now`.
Wrapper types alone do not see to that (`!=` is true for them, a Timestamp reads 1970), so the
checked tree is read: an optional field stands only behind `has()` of it. Two uses need no guard,
because they are false for an absent value and nothing turns them round: `==` with something that
is certainly there, and `in` with a list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bridge.rules.descriptors import Field, Schema
from bridge.rules.problem import did_you_mean
from bridge.rules.show import show
from bridge.rules.tree import Call, Const, Fold, Items, Node, Path, Select, children, path

Present = frozenset[Path]  # fields that are known to have a value at some place
NOBODY: Present = frozenset()


@dataclass(frozen=True)
class Finding:
    """What is wrong with an expression, and at which of its characters."""

    at: int
    text: str


@dataclass(frozen=True)
class Guard:
    """The check of one expression.

    `variables` gives the message type of each variable, `given` the fields a condition before
    this expression has already seen to.
    """

    schema: Schema
    variables: Mapping[str, str]
    given: Present = NOBODY

    def condition(self, node: Node) -> tuple[Finding, ...]:
        """Findings in a yes-or-no expression that decides something."""
        return self.yes_or_no(node, positive=True)

    def value(self, node: Node) -> tuple[Finding, ...]:
        """Findings in an expression whose value is put into an action."""
        where = self._leaf(node)
        if where is not None and where.type != "message":
            return ()  # a bare field is looked up, so absent is left out, or nothing in a text
        return self.use(node)

    def yes_or_no(self, node: Node, *, positive: bool) -> tuple[Finding, ...]:
        """Findings in a condition; `positive` is false where something may turn its answer round."""
        match node:
            case Call(function="_&&_"):
                return self._all(node, positive=positive, given=present(node, self))
            case Call(function="_||_"):
                return self._all(node, positive=positive, given=present_unless(node, self))
            case Call(function="!_", args=(inner,)):
                return self._turned(node, inner, positive=positive)
            case Call(function="_?_:_", args=(test, yes, no)):
                return self._either(test, yes, no=no, positive=positive)
            case Fold():
                return self._fold(node, positive=positive)
            case _:
                return self._comparison(node, positive=positive)

    def _turned(self, node: Node, inner: Node, *, positive: bool) -> tuple[Finding, ...]:
        where = self._leaf(inner)
        if where is None or where.type != "flag":
            return self.yes_or_no(inner, positive=not positive)
        name = show(inner)
        return (Finding(node.at, f"`{name}` may have no value; write {name} == false"),)

    def _comparison(self, node: Node, *, positive: bool) -> tuple[Finding, ...]:
        match node:
            case Call(function="_==_", args=(left, right)) if positive:
                return self._equal(node, left, right=right)
            case Call(function="@in", args=(left, right)) if positive:
                return self._among(node, left, right=right)
            case _:
                return self.use(node)

    def _either(self, test: Node, yes: Node, *, no: Node, positive: bool) -> tuple[Finding, ...]:
        when_true = self._with(present(test, self))
        when_false = self._with(present_unless(test, self))
        return (
            *self.yes_or_no(test, positive=False),
            *when_true.yes_or_no(yes, positive=positive),
            *when_false.yes_or_no(no, positive=positive),
        )

    def _all(self, node: Call, *, positive: bool, given: Present) -> tuple[Finding, ...]:
        inner = self._with(given)
        terms = flat(node, node.function)
        return tuple(f for term in terms for f in inner.yes_or_no(term, positive=positive))

    def _equal(self, node: Call, left: Node, *, right: Node) -> tuple[Finding, ...]:
        choice = self._choice(left, right) or self._choice(right, left)
        if choice:
            return choice
        for one, other in ((left, right), (right, left)):
            if self._false_when_absent(one) and self._certain(other):
                return ()
        return self.use(node)

    def _among(self, node: Call, left: Node, *, right: Node) -> tuple[Finding, ...]:
        wrong = tuple(f for item in children(right) for f in self._choice(left, item))
        if wrong:
            return wrong
        if self._false_when_absent(left) and isinstance(right, Items) and self._certain(right):
            return ()
        where = self._leaf(right)
        if where is not None and where.type == "list" and self._certain(left):
            return ()
        return self.use(node)

    def _fold(self, node: Fold, *, positive: bool) -> tuple[Finding, ...]:
        """`exists` over a list that is not there is false; `all` would be true."""
        inner = self._looping(node)
        exists = node.start == Const(node.start.at, value=False)
        steps = children(node.step) if exists or isinstance(node.start, Const) else (node.step,)
        over = () if exists and positive and self._leaf(node.over) else self.use(node.over)
        yes_or_no = isinstance(node.start, Const) and isinstance(node.start.value, bool)
        found = (
            inner.yes_or_no(step, positive=positive) if yes_or_no else inner.use(step)
            for step in steps
        )
        return (*over, *(finding for findings in found for finding in findings))

    def _looping(self, node: Fold) -> "Guard":
        over = self._leaf(node.over)
        others = {key: kind for key, kind in self.variables.items() if key != node.variable}
        if over is not None and over.type == "list" and over.message:
            others[node.variable] = over.message
        given = frozenset(known for known in self.given if known[0] != node.variable)
        return replace(self, variables=others, given=given)

    def use(self, node: Node) -> tuple[Finding, ...]:
        """Findings where the value itself is needed: operands, arguments, indexes, branches."""
        if isinstance(node, Select) and node.test:
            return () if self._field(path(node.operand)) else self.use(node.operand)
        where = self._field(path(node))
        if where is not None:
            return self._named(node, where)
        match node:
            case Call(function="_==_" | "_!=_" | "@in", args=(left, right)):
                wrong = self._choices(left, right)
                return wrong or self._operands(node)
            case Call(function="_&&_" | "_||_" | "!_" | "_?_:_") | Fold():
                return self.yes_or_no(node, positive=False)
            case Call(function="_?._", args=(operand, _)) if self._field(path(operand)):
                return ()
            case _:
                return self._operands(node)

    def _operands(self, node: Node) -> tuple[Finding, ...]:
        """Findings among the operands; the message shows the whole comparison with its guard."""
        found = []
        for child in children(node):
            where = self._leaf(child)
            if where is not None and where.type != "message":
                found.append(_unguarded(child, node))
            else:
                found.extend(self.use(child))
        return tuple(found)

    def _named(self, node: Node, where: Field) -> tuple[Finding, ...]:
        if where.type == "message":
            name = show(node)
            return (Finding(node.at, f"`{name}` is a whole record; name one of its fields"),)
        return () if self._leaf(node) is None else (_unguarded(node, node, flag=where.type),)

    def _leaf(self, node: Node) -> Field | None:
        """The optional field a node names, if nothing has shown yet that it has a value."""
        name = path(node)
        where = self._field(name)
        if name is None or where is None or not where.optional or name in self.given:
            return None
        return where

    def _field(self, name: Path | None) -> Field | None:
        return None if name is None else self.schema.field(self.variables, name)

    def _false_when_absent(self, node: Node) -> bool:
        where = self._leaf(node)
        return where is not None and where.type not in ("time", "message", "list")

    def _certain(self, node: Node) -> bool:
        if any(isinstance(part, Const) and part.value is None for part in (node, *children(node))):
            return False
        return not self.use(node)

    def _choices(self, left: Node, right: Node) -> tuple[Finding, ...]:
        items = children(right) if isinstance(right, Items) else (right,)
        wrong = (*(f for item in items for f in self._choice(left, item)),)
        return wrong or self._choice(right, left)

    def _choice(self, named: Node, node: Node) -> tuple[Finding, ...]:
        """A comparison with a word the field can never hold, or with null."""
        where = self._field(path(named))
        if where is None or not isinstance(node, Const):
            return ()
        if node.value is None:
            name = show(named)
            return (
                Finding(node.at, f"nothing equals null here; write has({name}) or !has({name})"),
            )
        if not where.choices or not isinstance(node.value, str) or node.value in where.choices:
            return ()
        hint = did_you_mean(node.value, where.choices)
        return (Finding(node.at, f'`{show(named)}` is never "{node.value}"{hint}'),)

    def _with(self, given: Present) -> "Guard":
        return replace(self, given=self.given | given)


def present(node: Node, guard: Guard) -> Present:
    """Fields that certainly have a value where this condition is true."""
    match node:
        case Select(test=True, operand=operand, field=field):
            front = path(operand)
            return NOBODY if front is None else frozenset({(*front, field)})
        case Call(function="_&&_", args=args):
            return NOBODY.union(*(present(item, guard) for item in args))
        case Call(function="_||_", args=args):
            first, *rest = (present(item, guard) for item in args)
            return first.intersection(*rest)
        case Call(function="!_", args=(inner,)):
            return present_unless(inner, guard)
        case Call(function="_==_" | "@in", args=args):
            safe = not guard.yes_or_no(node, positive=True)
            return frozenset(_names(args)) if safe else NOBODY
        case _:
            return NOBODY


def present_unless(node: Node, guard: Guard) -> Present:
    """Fields that certainly have a value where this condition is false."""
    match node:
        case Call(function="!_", args=(inner,)):
            return present(inner, guard)
        case Call(function="_||_", args=args):
            return NOBODY.union(*(present_unless(item, guard) for item in args))
        case Call(function="_&&_", args=args):
            first, *rest = (present_unless(item, guard) for item in args)
            return first.intersection(*rest)
        case _:
            return NOBODY


def flat(node: Node, function: str) -> tuple[Node, ...]:
    """The terms of a chain: `a && b && c` is three."""
    if isinstance(node, Call) and node.function == function:
        return tuple(term for item in node.args for term in flat(item, function))
    return (node,)


def _names(args: tuple[Node, ...]) -> set[Path]:
    return {name for item in args if (name := path(item)) is not None}


def _unguarded(node: Node, whole: Node, *, flag: str = "") -> Finding:
    name = show(node)
    if flag == "flag":
        return Finding(node.at, f"`{name}` may have no value; write {name} == true")
    written = show(whole)
    return Finding(_start(node), f"`{name}` may have no value; write has({name}) && {written}")


def _start(node: Node) -> int:
    while isinstance(node, Select):
        node = node.operand
    return node.at
