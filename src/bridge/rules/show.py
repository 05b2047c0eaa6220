"""An expression tree as text again, for messages to people."""

import json

from bridge.rules.tree import Call, Const, Ident, Items, Node, Select

_BETWEEN = {
    "_&&_": "&&",
    "_||_": "||",
    "_==_": "==",
    "_!=_": "!=",
    "_<_": "<",
    "_<=_": "<=",
    "_>_": ">",
    "_>=_": ">=",
    "_+_": "+",
    "_-_": "-",
    "_*_": "*",
    "_/_": "/",
    "_%_": "%",
    "@in": "in",
}
_METHODS = frozenset(
    [
        "startsWith",
        "endsWith",
        "contains",
        "matches",
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMinutes",
        "getSeconds",
        "getMilliseconds",
        "lowerAscii",
        "upperAscii",
        "trim",
        "split",
        "replace",
        "substring",
        "indexOf",
        "charAt",
        "join",
    ]
)


def show(node: Node) -> str:
    """The text of a node; a loop is shown as `…`, its written form is gone."""
    match node:
        case Ident(name=name):
            return name
        case Const():
            return _constant(node)
        case Select(operand=operand, field=field, test=test):
            inner = f"{show(operand)}.{field}"
            return f"has({inner})" if test else inner
        case Call():
            return _call(node)
        case Items(items=items):
            return f"[{', '.join(show(item) for item in items)}]"
        case _:
            return "…"


def _call(node: Call) -> str:
    args = [show(item) for item in node.args]
    if node.function in _BETWEEN and len(args) == 2:
        return f"{args[0]} {_BETWEEN[node.function]} {args[1]}"
    if node.function == "_?_:_":
        return f"{args[0]} ? {args[1]} : {args[2]}"
    if node.function in ("!_", "-_"):
        return f"{node.function[0]}{args[0]}"
    if node.function == "_[_]":
        return f"{args[0]}[{args[1]}]"
    if node.function in _METHODS and args:
        return f"{args[0]}.{node.function}({', '.join(args[1:])})"
    return f"{node.function}({', '.join(args)})"


def _constant(node: Const) -> str:
    if isinstance(node.value, bytes):
        return "b" + json.dumps(node.value.decode("utf-8", "replace"))
    return json.dumps(node.value, ensure_ascii=False)
