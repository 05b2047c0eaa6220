"""Texts that wait for a result which is not there yet, such as `${task.key}` in a card.

The stored form is `{"$deferred": ["New task ", {"of": "task", "value": "key"}]}`.
"""

from collections.abc import Mapping
from typing import Any

MARK = "$deferred"
VALUES = frozenset({"key", "url", "id", "ref"})

Results = Mapping[str, Mapping[str, str]]  # step id or `linked` -> value name -> text


def is_deferred(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {MARK}


def resolve(value: Any, results: Results) -> Any:
    """The same JSON value with every deferred text filled in; `KeyError` if a result is missing."""
    if is_deferred(value):
        return "".join(_part(part, results) for part in value[MARK])
    if isinstance(value, Mapping):
        return {key: resolve(item, results) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, results) for item in value]
    return value


def _part(part: Any, results: Results) -> str:
    return part if isinstance(part, str) else results[part["of"]][part["value"]]
