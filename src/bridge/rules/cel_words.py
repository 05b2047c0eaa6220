"""What CEL's compiler complains of, in words for people who know a mapping and not CEL."""

import re

_NUMBER = "write the number with a decimal point, 6.0 and not 6"
_SIGNS = {"_+_": "+", "_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%", "_&&_": "&&", "_||_": "||"}
_SIGNS |= {"_==_": "==", "_!=_": "!=", "_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">="}
_SIGNS |= {"@in": "in", "!_": "!", "-_": "-", "_[_]": "[…]", "_?_:_": "? :"}
_TYPES = {
    "string": "text",
    "int": "a whole number",
    "uint": "a whole number",
    "double": "a number with decimals",
    "bool": "a yes or no",
    "dyn": "any value",
    "null": "null",
    "google.protobuf.Timestamp": "a time",
    "google.protobuf.Duration": "a length of time",
    "list(string)": "a list of texts",
}
_WORDS = {"and": "&&", "or": "||", "not": "!", "is": "==", "eq": "==", "equals": "==", "in": "in"}
_NOTHING = frozenset({"none", "nil", "null", "undefined", "empty", "blank"})
FUNCTIONS = frozenset(
    [
        "has",
        "size",
        "string",
        "int",
        "double",
        "bool",
        "timestamp",
        "duration",
        "matches",
        "contains",
        "startsWith",
        "endsWith",
        "lowerAscii",
        "upperAscii",
        "trim",
        "split",
        "replace",
        "substring",
        "indexOf",
        "join",
        "charAt",
        "exists",
        "all",
        "filter",
        "map",
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfWeek",
        "getHours",
        "getMinutes",
        "orValue",
        "hasValue",
    ]
)
_OVERLOAD = re.compile(r"found no matching overload for '([^']+)' applied to '\((.*)\)'")
_TOKEN = re.compile(r"Syntax error: token recognition error at: '(.*)'")
_INPUT = re.compile(r"Syntax error: (?:mismatched|extraneous) input '([^']*)' expecting (.*)")
_MISSING = re.compile(r"Syntax error: missing '(.)'")


def in_words(said: str) -> str:
    """One complaint of the compiler: what is wrong; what would be right."""
    said = said.replace("[INVALID_ARGUMENT]", "").replace("bridge.", "").strip()
    said = re.sub(r"wrapper\((\w+)\)", r"\1", said.replace(" (in container '')", ""))
    for pattern, words in ((_OVERLOAD, _overload), (_TOKEN, _token), (_INPUT, _input)):
        match = pattern.search(said)
        if match is not None:
            return words(*match.groups())
    missing = _MISSING.search(said)
    if missing is not None:
        return f"a `{missing[1]}` is missing here; close what is open"
    if "has() argument" in said:
        return "`has()` asks for a field; write has(feedback.product)"
    if "operand of a select" in said:
        return "a text, a number or a time has no fields; take away what stands behind its last dot"
    return said


def named(kind: str) -> str:
    """A type in words: `STRING` is text."""
    plain = {"TIMESTAMP": "google.protobuf.Timestamp", "DURATION": "google.protobuf.Duration"}
    return _TYPES.get(plain.get(kind, kind.lower())) or _other(kind)


def unknown_name(name: str) -> str:
    """What to write instead of a name that is no name, or nothing."""
    if name.lower() in _NOTHING:
        return "; a field without a value is asked for by !has(feedback.product)"
    return f'; a text stands in quotes: "{name}"'


def _overload(function: str, types: str) -> str:
    kinds = re.split(r", (?![^(]*\))", types)
    sign = _SIGNS.get(function)
    named = [_TYPES.get(kind, _other(kind)) for kind in kinds]
    if sign is None:
        given = " and ".join(named[1:]) or named[0]
        return f"`{function}` does not take {given}{_hint(kinds[1:])}"
    if len(kinds) == 2:
        if function == "_[_]":
            return f"{named[0]} is not asked by […]; write its field behind a dot"
        return f"`{sign}` does not go between {named[0]} and {named[1]}{_remedy(function, kinds)}"
    return f"`{sign}` does not take {' and '.join(named)}"


def _other(kind: str) -> str:
    if kind.startswith("map("):
        return "a map"
    if kind.startswith("list("):
        return "a list"
    return "`changed` as a whole" if kind.startswith("changed_") else "a whole record"


def _remedy(function: str, kinds: list[str]) -> str:
    if function == "@in":
        return '; write a list in square brackets, ["high", "critical"]'
    if any(kind.startswith("list(") for kind in kinds):
        return '; ask whether it is in the list, "urgent" in work_item.labels'
    return _hint(kinds)


def _hint(kinds: list[str]) -> str:
    found = set(kinds)
    if found == {"double", "int"}:
        return f"; {_NUMBER}"
    if found == {"google.protobuf.Timestamp", "string"}:
        return '; write timestamp("2026-01-31T00:00:00Z")'
    if "google.protobuf.Duration" in found and len(found) == 2:
        return '; write a length of time, duration("24h")'
    if found in ({"string", "int"}, {"string", "double"}):
        return "; a text stands in quotes, a number does not"
    if found == {"bool", "string"}:
        return "; write true or false without quotes"
    return "; name one of its fields" if found - _TYPES.keys() else ""


def _token(at: str) -> str:
    first = at[:1]
    if first in "\"'":
        return "this quote is not closed; close it"
    if first in "‘’“”«»„":
        return f'`{first}` is no quote here; write "'
    if first == "$":
        return "a condition is an expression already; take `${` and `}` away"
    doubled = {"=": "==", "&": "&&", "|": "||"}.get(first)
    if doubled:
        return f"`{first}` alone means nothing here; write `{doubled}`"
    return f"`{first}` has no place in an expression; take it out"


def _input(found: str, expected: str) -> str:
    if found == "<EOF>":
        closing = next((one for one in ("]", ")", "}", ":") if f"'{one}'" in expected), "")
        if closing and "IDENTIFIER" not in expected:
            return f"the expression ends too soon; a `{closing}` is missing"
        return "the expression ends too soon; its last part is missing"
    better = _WORDS.get(found.lower())
    if better is not None and better != found:
        return f"`{found}` is no word of expressions; write `{better}`"
    if found == ">":
        return "`<>` is no sign of expressions; write `!=`"
    return f"`{found}` does not belong here; is a sign such as `&&` or `==` missing before it?"
