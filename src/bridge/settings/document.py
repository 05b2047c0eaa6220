"""A YAML file of settings, with the line of each value."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, SequenceNode

from bridge.errors import SettingError
from bridge.settings.wording import said

Loc = tuple[int | str, ...]


@dataclass(frozen=True, kw_only=True)
class Document:
    """`data` as it was read; `lines` says where each value stands. No path: not read from a file."""

    path: Path | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[Loc, int] = field(default_factory=dict)

    def problems(
        self, error: ValidationError, *, model: type[BaseModel], under: Loc = ()
    ) -> list[str]:
        """One line for each thing that pydantic found below `under`."""
        return [
            self.problem((*under, *one["loc"]), said(one, model))
            for one in error.errors()
            if one["type"] != "default_factory_not_called"  # another line says why
        ]

    def problem(self, loc: Loc, text: str) -> str:
        """`bridge.yaml:12: connections.jira.url: …`"""
        kept = self._real(loc)
        return f"{self.where(kept)}: {spelled(kept) or 'the file'}: {text}"

    def where(self, loc: Loc) -> str:
        """The file and line of the nearest value that is there."""
        if self.path is None:
            return "given in code"
        for length in range(len(loc), 0, -1):
            if loc[:length] in self.lines:
                return f"{self.path}:{self.lines[loc[:length]]}"
        return str(self.path)

    def leaves(self) -> Iterator[tuple[Loc, Any]]:
        """Every value that is no mapping and no list of mappings, in order of appearance."""
        yield from _leaves((), self.data)

    def _real(self, loc: Loc) -> Loc:
        """Without the names that pydantic gives to the members of a union."""
        kept: Loc = ()
        for number, part in enumerate(loc):
            if part == "[key]":
                continue
            is_last = number == len(loc) - 1
            if is_last or not self.lines or (*kept, part) in self.lines:
                kept = (*kept, part)
        return kept


def read(path: Path) -> Document:
    """Read a file of settings. Raises SettingError with the line of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: cannot be read: {type(error).__name__}") from error
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        return _document(path, node, loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingError(f"{path}:{line}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise SettingError(f"{path}: not YAML: {type(error).__name__}") from None
    finally:
        loader.dispose()


def spelled(loc: Loc) -> str:
    """`connections.jira.webhook.secrets[0]`"""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(parts).removeprefix(".")


def _document(path: Path, node: Node | None, loader: yaml.CSafeLoader) -> Document:
    if node is None:
        return Document(path=path)
    if not isinstance(node, MappingNode):
        raise SettingError(f"{path}:1: a file of settings is a mapping, connections: and so on")
    lines: dict[Loc, int] = {}
    twice: list[str] = []
    _note(node, (), lines, twice)
    if twice:
        raise SettingError("\n".join(f"{path}:{line}" for line in twice))
    return Document(path=path, data=loader.construct_document(node), lines=lines)


def _note(node: Node, at: Loc, lines: dict[Loc, int], twice: list[str]) -> None:
    """Note the line of each value, and each key that stands twice in one mapping."""
    match node:
        case MappingNode():
            for key, value in node.value:
                loc = (*at, str(key.value))
                if loc in lines:
                    first = lines[loc]
                    twice.append(f"{key.start_mark.line + 1}: {spelled(loc)}: also on line {first}")
                lines[loc] = key.start_mark.line + 1
                _note(value, loc, lines, twice)
        case SequenceNode():
            for number, item in enumerate(node.value):
                lines[*at, number] = item.start_mark.line + 1
                _note(item, (*at, number), lines, twice)


def _leaves(at: Loc, value: Any) -> Iterator[tuple[Loc, Any]]:
    match value:
        case Mapping() if value:
            for key, item in value.items():
                yield from _leaves((*at, str(key)), item)
        case Sequence() if value and not isinstance(value, str | bytes):
            for number, item in enumerate(value):
                yield from _leaves((*at, number), item)
        case _:
            yield at, value
