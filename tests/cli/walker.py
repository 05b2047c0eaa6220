"""Somebody who tries each command with `--json`, and keeps a list of what was tried."""

import json
from dataclasses import dataclass, field
from typing import Any

from typer.testing import CliRunner

from bridge.cli.main import app
from cli.house import House

DONE, FAULT, REFUSED = 0, 1, 2


@dataclass(kw_only=True)
class Walker:
    """`tried`: commands by the words that name them."""

    house: House
    tried: set[str] = field(default_factory=set)

    def reads(self, called: str, *words: str, code: int = DONE) -> Any:
        """What `bridge CALLED WORDS --json` prints: JSON, and nothing beside it."""
        result = self.house.run(*called.split(), *words, "--json")
        assert result.exit_code == code, f"{called}: {result.exit_code}: {result.output}"
        self.tried.add(called)
        return json.loads(result.stdout)

    def refused(self, called: str, *words: str) -> None:
        """That it is refused: one line that says why, and nothing that a program would read."""
        result = self.house.run(*called.split(), *words, "--json")
        said = (result.exit_code, result.stdout, result.stderr.count("\n"))
        assert said == (REFUSED, "", 1), f"{called}: {said}: {result.output}"
        assert result.stderr.startswith("bridge: ")
        self.tried.add(called)

    def alone(self, called: str, *words: str, **environment: str) -> Any:
        """The same as `reads` of a command that asks no server."""
        result = CliRunner().invoke(app, [*called.split(), *words, "--json"], env=environment)
        assert result.exit_code in {DONE, FAULT}, f"{called}: {result.output}"
        self.tried.add(called)
        return json.loads(result.stdout)
