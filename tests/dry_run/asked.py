"""A Bridge behind its routes, with a past of one incident, that is asked for a dry-run."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from bridge.access.keys import Role
from bridge.db import Base
from bridge.pipeline.dry_run.routes import Turn
from bridge.rules.folder import read_folder
from inbox.house import INCIDENT, MAPPINGS, House

PATH = "/api/v1/rules:dry-run"


@dataclass(kw_only=True)
class Asked:
    house: House

    def live(self) -> None:
        """An incident is raised, and decided on."""
        assert self.house.jira(INCIDENT).status_code == 202
        self.house.drain()
        self.house.clock.advance(60)

    @property
    def turn(self) -> Turn:
        app: Any = self.house.door.app
        found: Turn = app.state.dry_runs
        return found

    def rows(self) -> dict[str, list[Any]]:
        """All that is in the database, but when a key was last used."""
        found = {}
        with self.house.bridge.database.reading() as session:
            for table in Base.metadata.sorted_tables:
                shown = [one for one in table.columns if one.name != "last_used_at"]
                found[table.name] = sorted(map(str, session.execute(select(*shown))))
        return found

    def files(self, **replaced: str) -> dict[str, str]:
        """The shipped mappings, with words replaced in the alerts: `x="y"`."""
        files = read_folder(MAPPINGS)
        for old, new in replaced.items():
            files["rules/alerts.yaml"] = files["rules/alerts.yaml"].replace(old, new)
        return files

    def post(self, role: Role = Role.OPERATOR, **body: Any) -> Any:
        """The answer, whatever it is."""
        return self.house.client(role).post(PATH, json={"files": self.files(), **body})

    def lines(self, **body: Any) -> list[dict[str, Any]]:
        """All that it says."""
        answer = self.post(**body)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/x-ndjson"
        return [orjson.loads(line) for line in answer.text.splitlines() if line]
