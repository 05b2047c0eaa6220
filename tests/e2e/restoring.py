"""An operator who backs the database up, and puts the backup back after a loss."""

import shutil
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import orjson
from sqlalchemy import select

from bridge.app import build
from bridge.clock import SystemClock
from bridge.connectors.simulation.serve import Served
from bridge.demo.simulators import PATH_SECRET, SCALE
from bridge.demo.stage import Stage
from bridge.inbox.tables import MessageRow
from bridge.web import api


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A webhook as its sender would send it again."""

    path: str
    headers: dict[str, str]
    body: bytes


def back_up(stage: Stage) -> Path:
    """As docs/operations.md says, while Bridge runs."""
    copy = stage.folder / "backup.db"
    with sqlite3.connect(stage.folder / "bridge.db") as database:
        database.execute("VACUUM INTO ?", (str(copy),))
    database.close()
    return copy


def letters(stage: Stage) -> list[Letter]:
    """All that Bridge was ever sent, by its own memory."""
    with stage.bridge.database.reading() as session:
        rows = list(session.scalars(select(MessageRow).order_by(MessageRow.seq)))
    found = []
    for row in rows:
        headers = orjson.loads(row.headers or b"{}")
        wanted = {
            name: headers[name] for name in headers if name.startswith(("x-", "content-type"))
        }
        secret = f"/{PATH_SECRET}" if b"<soapenv" in (row.body or b"") else ""
        path = f"/webhooks/{row.connection}{secret}"
        found.append(Letter(path=path, headers=wanted, body=row.body or b""))
    return found


def lose_and_restore(stage: Stage, backup: Path, *, watch: timedelta | None) -> None:
    """Bridge dies, its database is replaced by the backup, and it starts again."""
    stage.served.pop().close()
    stage.bridge.close()
    for path in stage.folder.glob("bridge.db*"):
        path.unlink()
    shutil.copy(backup, stage.folder / "bridge.db")
    stage.bridge = build(stage.bridge.loaded, clock=SystemClock(), scale=SCALE, after_restore=watch)
    stage.served.append(Served(api(stage.bridge), port=urlsplit(stage.url).port or 0))


def send(stage: Stage, sent: list[Letter]) -> list[int]:
    with httpx.Client(base_url=stage.url) as client:
        return [
            client.post(one.path, content=one.body, headers=one.headers).status_code for one in sent
        ]
