"""The folder of mappings that a command is about, as it lies on this disk."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.calendars import Calendars, calendars
from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.rules.check import findings
from bridge.rules.folder import read_folder
from bridge.rules.loader import load
from bridge.rules.problem import Problem
from bridge.rules.review.constants import Names
from bridge.rules.ruleset import RuleSet
from bridge.settings import load as settings

Folder = Annotated[Path | None, typer.Argument(help="Without it BRIDGE_MAPPINGS, or mappings/.")]


@dataclass(frozen=True)
class Proposal:
    """`connections` and `calendars` are those of `bridge.yaml`; `None` where nothing is set up.
    `names` is what its connections name for rules, such as channels."""

    place: Path
    files: Mapping[str, str]
    connections: Mapping[str, str] | None
    calendars: Calendars | None
    names: Names

    @property
    def about(self) -> dict[str, Any]:
        """What the files are judged by."""
        return {
            "kinds": standard(),
            "actions": actions(),
            "connections": self.connections,
            "calendars": self.calendars,
        }

    def findings(self) -> tuple[Problem, ...]:
        """Faults and warnings."""
        return findings(self.files, **self.about, names=self.names)

    def load(self) -> RuleSet:
        """Compiled. Raises MappingProblems."""
        return load(self.files, **self.about)


def given(folder: Path | None) -> Proposal:
    """The folder of a command, or the one of the settings."""
    loaded = settings(os.environ)
    file, place = loaded.file, folder or loaded.settings.mappings
    systems = {name: str(raw["system"]) for name, raw in file.connections.items()}
    declared = calendars(file.calendars) if file.connections or file.calendars else None
    names = {name: _names(raw) for name, raw in file.connections.items()}
    return Proposal(place, read_folder(place), systems or None, declared, names)


def _names(raw: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(one) for key, one in raw.items() if isinstance(one, Mapping)}
