"""Bodies that nobody should send: cut, mutated, nested, numbers and texts that databases refuse."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

SAMPLES = Path(__file__).parents[1] / "connectors"
MARK = "@@here@@"
LITERALS = (
    '"\\u0000"',
    '"before\\u0000after"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"2026-13-45T00:00:00.000+0000"',
    '"0001-01-01T00:00:00.000+1400"',
    '"9999-12-31T23:59:59.999-1400"',
    json.dumps("x" * 5_000),
    json.dumps("😀" * 3_000),
    '""',
    "0",
    "-1",
    "1e308",
    "1e400",
    "-1e400",
    "NaN",
    "9" * 400,
    str(2**63),
    str(2**64),
    "true",
    "null",
    "[]",
    "{}",
    "[null]",
    '{"id": null}',
    '{"\\u0000": "\\u0000"}',
    '{"name": {"name": {"name": 1}}}',
    "[" * 300 + "]" * 300,
    "[" * 5_000 + "]" * 5_000,
    '{"a":' * 900 + "1" + "}" * 900,
)
BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
).map(lambda value: json.dumps(value).encode())  # fmt: skip


def samples(system: str) -> Sequence[bytes]:
    """The documented JSON messages of a system."""
    return [path.read_bytes() for path in sorted((SAMPLES / system / "samples").glob("*.json"))]


def cut(body: bytes) -> st.SearchStrategy[bytes]:
    """The start of a message."""
    return st.integers(0, len(body) - 1).map(lambda end: body[:end])


def mutated(body: bytes) -> st.SearchStrategy[bytes]:
    """A message in which one value, somewhere, is a hostile one."""
    whole = json.loads(body)
    places = list(_places(whole))
    return st.tuples(st.sampled_from(places), st.sampled_from(LITERALS)).map(
        lambda chosen: _put(whole, chosen[0]).replace(json.dumps(MARK), chosen[1]).encode()
    )


def everywhere(whole: Any, literals: Sequence[str]) -> Iterator[bytes]:
    """A message once for each of its values and each of these literals, put in its place."""
    for at in _places(whole):
        for literal in literals:
            yield _put(whole, at).replace(json.dumps(MARK), literal).encode()


def bodies(system: str) -> st.SearchStrategy[bytes]:
    """Everything of that, out of this system's own messages."""
    own = st.sampled_from(samples(system))
    literals = st.sampled_from(LITERALS).map(str.encode)
    return st.one_of(
        own.flatmap(mutated), own.flatmap(mutated), own.flatmap(cut), st.binary(), JSON, literals
    )


def _places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*at, number))


def _put(whole: Any, at: tuple[str | int, ...]) -> str:
    copy = json.loads(json.dumps(whole))
    if not at:
        return json.dumps(MARK)
    inner = copy
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = MARK
    return json.dumps(copy)
