"""A whole Bridge on loopback with a little history, and the command line pointed at it."""

import io
import json
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from typer.testing import CliRunner, Result

import logs
from bridge.access.keys import Role, create
from bridge.cli.main import app
from bridge.demo.run import wait
from bridge.demo.stage import Stage

MAPPINGS = Path(__file__).parents[2] / "mappings"
TROUBLE = Path(__file__).with_name("trouble.yaml")


@dataclass(kw_only=True)
class House:
    """`cases` are Salesforce ids by severity: a low one is dead, a medium one is held."""

    stage: Stage
    keys: dict[str, str]
    log: AbstractContextManager[io.StringIO]
    lines: io.StringIO
    cases: dict[str, str] = field(default_factory=dict)

    @classmethod
    def up(cls, folder: Path, *, level: str = "info") -> Self:
        """Feedback of four severities has come in, and everything has settled."""
        mappings = folder / "mappings"
        shutil.copytree(MAPPINGS, mappings)
        shutil.copy(TROUBLE, mappings / "rules")
        log = logs.captured(level=level)
        lines = log.__enter__()  # else the server's lines would stand among those of the commands
        stage = Stage.up(mappings)
        made = cls(stage=stage, keys={}, log=log, lines=lines)
        with stage.bridge.database.transaction() as session:
            for role in Role:
                new = create(session, f"a {role}", role=role, now=stage.bridge.clock.now())
                made.keys[role.value] = new.token
        for severity in ("Critical", "High", "Medium", "Low"):
            made.feedback(severity)
        made.settle()
        return made

    def close(self) -> None:
        self.stage.close()
        self.log.__exit__(None, None, None)

    def feedback(self, severity: str, *, title: str = "") -> str:
        """A case of that severity; its id."""
        case = self.stage.salesforce.create_case(
            RecordType="Feedback",
            Subject=title or f"{severity} trouble",
            Description="Words of a customer.",
            Severity__c=severity,
            Product_Line__c="Router",
        )
        self.cases[severity.lower()] = case
        return case

    def settle(self) -> None:
        """Until nothing is on its way any more."""
        assert wait(self.stage, lambda: None)

    def run(self, *words: str, role: str = "admin", columns: int = 80, **given: Any) -> Result:
        """`bridge …` as a person with that role; `env` and `input` go to the runner."""
        environment = {
            "BRIDGE_URL": self.stage.url,
            "BRIDGE_KEY": self.keys[role],
            "COLUMNS": str(columns),
            **given.pop("env", {}),
        }
        return CliRunner().invoke(app, list(words), env=environment, **given)

    def asked(self, *words: str, role: str = "admin") -> Any:
        """What `bridge … --json` prints."""
        result = self.run(*words, "--json", role=role)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)
