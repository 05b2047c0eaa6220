"""A checked expression as a tree, read from CEL's own serialized form (`cel.expr.CheckedExpr`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Path = tuple[str, ...]
_F = descriptor_pb2.FieldDescriptorProto
_MESSAGES: Mapping[str, tuple[tuple[str, int, str], ...]] = {
    # message: (field, number, type), `*` repeats. From CEL's syntax and checked protos.
    "Any": (("type_url", 1, "string"), ("value", 2, "bytes")),
    "Checked": (("expr", 4, "Expr"), ("source_info", 5, "Source")),
    "Source": (("positions", 4, "*Position"),),
    "Position": (("key", 1, "int64"), ("value", 2, "int32")),
    "Expr": (
        ("id", 2, "int64"),
        ("const", 3, "Const"),
        ("ident", 4, "Ident"),
        ("select", 5, "Select"),
        ("call", 6, "Call"),
        ("list", 7, "List"),
        ("struct", 8, "Struct"),
        ("fold", 9, "Fold"),
    ),
    "Const": (
        ("null", 1, "int64"),
        ("bool", 2, "bool"),
        ("int", 3, "int64"),
        ("uint", 4, "uint64"),
        ("double", 5, "double"),
        ("string", 6, "string"),
        ("bytes", 7, "bytes"),
    ),
    "Ident": (("name", 1, "string"),),
    "Select": (("operand", 1, "Expr"), ("field", 2, "string"), ("test_only", 3, "bool")),
    "Call": (("target", 1, "Expr"), ("function", 2, "string"), ("args", 3, "*Expr")),
    "List": (("elements", 1, "*Expr"),),
    "Struct": (("entries", 2, "*Entry"),),
    "Entry": (("map_key", 3, "Expr"), ("value", 4, "Expr")),
    "Fold": (
        ("iter_var", 1, "string"),
        ("iter_range", 2, "Expr"),
        ("accu_var", 3, "string"),
        ("accu_init", 4, "Expr"),
        ("loop_condition", 5, "Expr"),
        ("loop_step", 6, "Expr"),
        ("result", 7, "Expr"),
    ),
}
_SCALARS = {
    "string": _F.TYPE_STRING,
    "bytes": _F.TYPE_BYTES,
    "int64": _F.TYPE_INT64,
    "int32": _F.TYPE_INT32,
    "uint64": _F.TYPE_UINT64,
    "bool": _F.TYPE_BOOL,
    "double": _F.TYPE_DOUBLE,
}


@dataclass(frozen=True)
class Node:
    """One node. `at` is the character its operator, dot or name stands at; `id` is CEL's own."""

    at: int
    id: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True)
class Const(Node):
    value: Any


@dataclass(frozen=True)
class Ident(Node):
    name: str


@dataclass(frozen=True)
class Select(Node):
    operand: Node
    field: str
    test: bool  # has(operand.field)


@dataclass(frozen=True)
class Call(Node):
    function: str
    args: tuple[Node, ...]  # the target of a method first


@dataclass(frozen=True)
class Items(Node):
    """A list literal; the keys and values of a map literal."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Fold(Node):
    """What `exists`, `all`, `map` and `filter` become."""

    variable: str
    over: Node
    start: Node
    step: Node
    rest: tuple[Node, ...] = field(default=())


def read(serialized: bytes) -> Node:
    """The tree of a checked expression."""
    checked = _class("Checked").FromString(_class("Any").FromString(serialized).value)
    positions = {entry.key: entry.value for entry in checked.source_info.positions}
    return _node(checked.expr, positions)


def part(serialized: bytes, node: Node) -> bytes:
    """One node of a checked expression as an expression of its own."""
    wrapped = _class("Any").FromString(serialized)
    checked = _class("Checked").FromString(wrapped.value)
    inner = _class("Expr")()
    inner.CopyFrom(_with_id(checked.expr, node.id))
    checked.expr.CopyFrom(inner)
    wrapped.value = checked.SerializeToString()
    return bytes(wrapped.SerializeToString())


def path(node: Node) -> Path | None:
    """The dotted name a node spells, or `None` if it is something else."""
    if isinstance(node, Ident):
        return tuple(node.name.split("."))
    if isinstance(node, Select) and not node.test:
        front = path(node.operand)
        return None if front is None else (*front, node.field)
    return None


def names(root: Node) -> Iterator[Path]:
    """The longest dotted names in a tree, those inside `has()` too."""
    if isinstance(root, Select) and root.test:
        front = path(root.operand)
        if front is not None:
            yield (*front, root.field)
            return
    name = path(root)
    if name is not None:
        yield name
        return
    for child in children(root):
        yield from names(child)


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case Select(operand=operand):
            return (operand,)
        case Call(args=items) | Items(items=items):
            return items
        case Fold(over=over, start=start, step=step, rest=rest):
            return (over, start, step, *rest)
        case _:
            return ()


def _node(expr: Any, positions: Mapping[int, int]) -> Node:
    at, known = positions.get(expr.id, 0), expr.id
    if expr.HasField("const"):
        return Const(at, _constant(expr.const), id=known)
    if expr.HasField("ident"):
        return Ident(at, expr.ident.name.lstrip("."), id=known)
    if expr.HasField("select"):
        select = expr.select
        operand = _node(select.operand, positions)
        return Select(at, operand, select.field, select.test_only, id=known)
    if expr.HasField("fold"):
        return _fold(expr.fold, at, positions, known=known)
    items = tuple(_node(item, positions) for item in _parts(expr))
    if expr.HasField("call"):
        return Call(at, expr.call.function, items, id=known)
    return Items(at, items, id=known)


def _fold(fold: Any, at: int, positions: Mapping[int, int], *, known: int) -> Fold:
    return Fold(
        at,
        fold.iter_var,
        _node(fold.iter_range, positions),
        _node(fold.accu_init, positions),
        _node(fold.loop_step, positions),
        (_node(fold.loop_condition, positions), _node(fold.result, positions)),
        id=known,
    )


def _parts(expr: Any) -> tuple[Any, ...]:
    """The expressions right inside one; of a loop and a selection too."""
    if expr.HasField("select"):
        return (expr.select.operand,)
    if expr.HasField("fold"):
        fold = expr.fold
        rest = (fold.loop_condition, fold.loop_step, fold.result)
        return (fold.iter_range, fold.accu_init, *rest)
    target = (expr.call.target,) if expr.call.HasField("target") else ()
    entries = (part for entry in expr.struct.entries for part in (entry.map_key, entry.value))
    return (*target, *expr.call.args, *expr.list.elements, *entries)


def _with_id(expr: Any, wanted: int) -> Any:
    """The expression inside this one that has this id. Raises LookupError."""
    waiting = [expr]
    while waiting:
        here = waiting.pop()
        if here.id == wanted:
            return here
        waiting += _parts(here)
    raise LookupError(f"no expression {wanted}")


def _constant(const: Any) -> Any:
    for name, _number, _type in _MESSAGES["Const"]:
        if name != "null" and const.HasField(name):
            return getattr(const, name)
    return None


def _pool() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(
        name="bridge/tree.proto", package="bridge.tree", syntax="proto2"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for label, number, kind in fields:
            _add(message, label, number, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def _add(message: descriptor_pb2.DescriptorProto, name: str, number: int, kind: str) -> None:
    bare = kind.lstrip("*")
    scalar = _SCALARS.get(bare)
    message.field.add(
        name=name,
        number=number,
        label=_F.LABEL_REPEATED if kind.startswith("*") else _F.LABEL_OPTIONAL,
        type=_F.TYPE_MESSAGE if scalar is None else scalar,
        type_name=f".bridge.tree.{bare}" if scalar is None else None,
    )


_POOL = _pool()


def _class(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"bridge.tree.{name}"))
