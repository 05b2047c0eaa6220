"""A whole Bridge that stands still: put together as `serve` does, with nothing running."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from bridge.app import build
from bridge.db import Database
from bridge.process import Bridge
from bridge.settings import load
from clocks import FakeClock

MAPPINGS = {
    "sources/monitoring.yaml": """
version: 1
sources:
  - id: monitoring
    from: {connection: monitoring, object: alert}
    as: alert
    fields: {title: title}
""",
    "rules/told.yaml": """
version: 1
rules:
  - id: told
    description: An alert is told.
    when: alert.created
    if: has(alert.title)
    do:
      - teams.post_card: {channel: alarms, title: "${alert.title}", ambiguous: repeat}
    tests:
      - name: an alert is told
        given: {event: alert.created, alert: {title: Tide}}
        expect: [teams.post_card]
""",
}
TEAMS_URL = (
    "https://default0a1b2c3d4e5f60718293a4b5c6d7e8.9f.environment.api.powerplatform.com:443"
    "/powerautomate/automations/direct/workflows/0123456789abcdef0123456789abcdef"
    "/triggers/manual/paths/invoke"
    "?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=SeCrEt_SiGnAtUrE"
)


@dataclass(kw_only=True)
class House:
    """Its folder, its database and what it was built with."""

    folder: Path
    database: Database
    clock: FakeClock
    settings: dict[str, Any] = field(default_factory=dict)
    made: list[Bridge] = field(default_factory=list)

    def build(
        self,
        *,
        after_restore: timedelta | None = None,
        silent: float | None = None,
        machine: FakeClock | None = None,
        files: Mapping[str, str] = MAPPINGS,
        **file: Any,
    ) -> Bridge:
        """One more process on the same database; `file` is more of `bridge.yaml`, `files` the mappings.

        With a `machine` of its own it does not go by the house's clock, but finds one as `serve` does.
        """
        for name, text in {**MAPPINGS, **files}.items():
            path = self.folder / "mappings" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (self.folder / "teams").write_text(TEAMS_URL, encoding="utf-8")
        channel = {"url": f"file:{self.folder / 'teams'}"}
        connections: dict[str, Any] = {
            "jira": {
                "system": "jira",
                "url": "http://127.0.0.1:9",
                "email": "bridge@example.com",
                "token": "env:JIRA_TOKEN",
            },
            "monitoring": {
                "system": "generic",
                "webhook": {"secrets": ["env:MONITORING"]},
                "silent_after": silent,
            },
            "teams": {"system": "teams", "channels": {"alarms": channel}},
        }
        config = self.folder / "bridge.yaml"
        config.write_text(yaml.safe_dump({"connections": connections} | file), encoding="utf-8")
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("BRIDGE_")},
            "BRIDGE_DATABASE_URL": self.database.url.render_as_string(hide_password=False),
            "BRIDGE_CONFIG": str(config),
            "BRIDGE_MAPPINGS": str(self.folder / "mappings"),
        }
        clock = self.clock if machine is None else None
        bridge = build(load(environment), clock=clock, machine=machine, after_restore=after_restore)
        self.made.append(bridge)
        return bridge

    def close(self) -> None:
        for bridge in self.made:
            bridge.close()
