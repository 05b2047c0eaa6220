"""A mapping file as values with the place of each: YAML 1.2, without the parts that trap people.

Duplicate keys, anchors, aliases, tags and several documents in one file are refused. Keys are
always text. Plain scalars follow YAML 1.2's core schema: `on` and `no` are text, and so is `012`,
which people write for an id and never for a number.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from bridge.rules.complaint import complaint, unreadable
from bridge.rules.problem import Problem
from bridge.rules.trap import remedy

Path = tuple[str | int, ...]
DEEPEST = 24
LONGEST = 1_000_000  # characters a file
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


class Place(NamedTuple):
    """A position in a file; both count from 1. There are as many as words in all files."""

    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """The values of one file, and where they stand."""

    file: str
    lines: tuple[str, ...]
    value: Any
    places: Mapping[Path, Place]
    keys: Mapping[Path, Place]
    ends: Mapping[Path, Place] = field(default_factory=dict)
    plain: frozenset[Path] = frozenset()  # scalars without quotes

    def nearest(self, path: Path) -> Path:
        """The deepest node on this path; steps that are not in the file are passed over."""
        here: Path = ()
        for step in path:
            if (*here, step) in self.places:
                here = (*here, step)
        return here

    def problem(self, path: Path, text: str) -> Problem:
        """A problem with the value at a path."""
        place = self.places.get(self.nearest(path), Place(1, 1))
        return Problem(self.file, place.line, place.column, text)

    def key_problem(self, path: Path, text: str) -> Problem:
        """A problem with the key at a path."""
        here = self.nearest(path)
        place = self.keys.get(here) or self.places.get(here, Place(1, 1))
        return Problem(self.file, place.line, place.column, text)

    def text_problem(self, path: Path, offset: int, text: str) -> Problem:
        """A problem with one character of the text at a path."""
        place = self.inside(path, offset)
        return Problem(self.file, place.line, place.column, text)

    def inside(self, path: Path, offset: int) -> Place:
        """Where a character of a text stands, also in quoted, folded and literal blocks."""
        start = self.places.get(path)
        value = self._value(path)
        if start is None or not isinstance(value, str):
            return self.places.get(self.nearest(path), Place(1, 1))
        wanted = value[: offset + 1]
        place = start
        for place in _places(self.lines, start, wanted):  # noqa: B007
            pass
        return place

    def comment_after(self, path: Path) -> str:
        """The comment that follows an unquoted scalar on its line, `#` included, or nothing."""
        end = self.ends.get(path)
        if end is None or path not in self.plain:
            return ""
        rest = self.lines[end.line - 1][end.column - 1 :].strip()
        return rest if rest.startswith("#") else ""

    def _value(self, path: Path) -> Any:
        value = self.value
        for step in path:
            value = value[step]
        return value


def read(file: str, text: str) -> tuple[Document | None, tuple[Problem, ...]]:
    """The document, or the problems that keep it from being read."""
    if len(text) > LONGEST:
        return None, (Problem(file, 1, 1, f"the file is longer than {LONGEST:,} characters"),)
    reader = _Reader(file, text)
    try:
        document = reader.document()
    except yaml.MarkedYAMLError as error:
        return None, (*reader.problems, complaint(file, text, error))
    except yaml.YAMLError as error:  # a character that no YAML file may hold
        return None, (*reader.problems, unreadable(file, text, error))
    except _TooDeep as error:
        return None, (*reader.problems, error.problem)
    return (None if reader.problems else document), tuple(reader.problems)


class _TooDeep(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class _Reader:
    """Builds the values of one file from the parser's events."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = tuple(text.splitlines()) or ("",)
        self.problems: list[Problem] = []
        self.places: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.ends: dict[Path, Place] = {}
        self.plain: set[Path] = set()
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)

    def document(self) -> Document:
        value: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._complain(event, "one document a file; a second `---` is not read")
            elif isinstance(event, yaml.NodeEvent):
                value = self._node(event, ())
        return Document(
            file=self.file,
            lines=self.lines,
            value=value,
            places=self.places,
            keys=self.keys,
            ends=self.ends,
            plain=frozenset(self.plain),
        )

    def _node(self, event: yaml.Event, path: Path) -> Any:
        self.places[path] = _place(event.start_mark)
        if len(path) > DEEPEST:
            text = f"nested deeper than {DEEPEST} levels"
            raise _TooDeep(self._problem(event, text))
        self._refuse_traps(event)
        match event:
            case yaml.MappingStartEvent():
                return self._mapping(path)
            case yaml.SequenceStartEvent():
                return self._sequence(path)
            case yaml.ScalarEvent():
                return self._scalar(event, path)
            case _:
                return None

    def _mapping(self, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, path)
            if key in values:
                self._complain(event, f"`{key}` stands twice in one mapping; take one out")
            self.keys[*path, key] = _place(event.start_mark)
            values[key] = self._node(next(self._events), (*path, key))
        return values

    def _key(self, event: yaml.Event, path: Path) -> str:
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_traps(event)
            if event.value == "<<":
                self._complain(event, "`<<` merges are not read; write the keys out")
            return str(event.value)
        self._complain(event, "a key is plain text, not a list or a mapping")
        return str(self._node(event, (*path, "?")))

    def _sequence(self, path: Path) -> list[Any]:
        values: list[Any] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            values.append(self._node(event, (*path, len(values))))
        return values

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> Any:
        self.ends[path] = _place(event.end_mark)
        if event.style:
            return event.value
        self.plain.add(path)
        return core(event.value)

    def _refuse_traps(self, event: yaml.Event) -> None:
        tag, anchor = getattr(event, "tag", None), getattr(event, "anchor", None)
        if not (tag or anchor):
            return
        at = _place(event.start_mark)
        hint = remedy(self.lines[min(at.line, len(self.lines)) - 1], at.column - 1)
        name, what = (f"*{anchor}", "an alias")
        if not isinstance(event, yaml.AliasEvent):
            name, what = (f"&{anchor}", "an anchor") if anchor else (str(tag), "a tag")
        self._complain(event, f"`{name}` is {what} to YAML, which is not read here{hint}")

    def _complain(self, event: yaml.Event, text: str) -> None:
        self.problems.append(self._problem(event, text))

    def _problem(self, event: yaml.Event, text: str) -> Problem:
        at = _place(event.start_mark)
        return Problem(self.file, at.line, at.column, text)


def core(text: str) -> Any:
    """What an unquoted scalar says, by YAML 1.2's core schema."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _places(lines: tuple[str, ...], start: Place, wanted: str) -> Iterator[Place]:
    """The place of each character: raw text is walked until it shows the character looked for."""
    line, column = start.line - 1, start.column - 1
    for letter in wanted:
        if not letter.isspace():
            found = _find(lines, line, column, letter)
            if found is None:
                return
            line, column = found
        yield Place(line + 1, column + 1)
        column += not letter.isspace()


def _find(lines: tuple[str, ...], line: int, column: int, letter: str) -> tuple[int, int] | None:
    while line < len(lines):
        at = lines[line].find(letter, column)
        if at >= 0:
            return line, at
        line, column = line + 1, 0
    return None
