"""API keys: made at the database, where no key is needed yet; or by the server that has it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from bridge import schema
from bridge.access import audit, keys
from bridge.access.keys import Principal, Role
from bridge.cli import lock
from bridge.cli.client import Api, part
from bridge.cli.group import noun
from bridge.cli.show import Json, table, whole
from bridge.clock import SystemClock
from bridge.db import Database
from bridge.errors import SettingError
from bridge.settings import load

app = noun("API keys. There is no default key.")
COLUMNS = ("name", "role", "created_at", "last_used_at", "revoked_at")
Name = Annotated[str, typer.Argument(help="Whose it is; a name is used once, for the audit.")]


class Served(SettingError):
    """The database belongs to a running server, and we have no key to ask it with."""


@app.command("create")
def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="viewer, operator or admin")] = Role.VIEWER,
    as_json: Json = False,
) -> None:
    """Make a key; it is shown once. Example: bridge keys create anna --role operator

    With BRIDGE_URL, or while `bridge serve` has the SQLite file, the server is asked (as admin).
    """
    made = _asked("/keys", {"name": name, "role": role})
    if made is None:
        with _writing(bootstrap=True) as session:
            new = keys.create(session, name, role=role, now=SystemClock().now())
            _note(session, "create key", name, {"role": role.value})
        made = {"id": new.id, "name": new.name, "role": new.role, "token": new.token}
    if as_json:
        whole(made)
        return
    typer.echo(made["token"])


@app.command("list")
def listing(as_json: Json = False) -> None:
    """Keys, without their secrets. Example: bridge keys list"""
    if os.environ.get("BRIDGE_URL"):
        table(Api().read("/keys"), COLUMNS, as_json=as_json)
        return
    with _database() as database, database.reading() as session:
        found = keys.listing(session)
    rows = [{**one.__dict__, **_times(one)} for one in found]
    table(rows, COLUMNS, as_json=as_json)


@app.command("revoke")
def revoke(name: Name) -> None:
    """The key is nobody's from now on, for good. Example: bridge keys revoke anna"""
    if _asked(f"/keys/{part(name)}:revoke", {}) is None:
        with _writing(bootstrap=False) as session:
            if not keys.revoke(session, name, now=SystemClock().now()):
                raise SettingError(f"no key {name!r} that is not revoked; see: bridge keys list")
            _note(session, "revoke key", name, None)
    typer.echo(f"{name} is revoked")


def _asked(path: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """The server's answer; `None` when the database is ours to write to."""
    if not os.environ.get("BRIDGE_URL"):
        if not os.environ.get("BRIDGE_KEY"):
            return None
        try:
            with lock.alone(load(os.environ).settings.database_url):
                return None
        except lock.Busy:
            pass
    answer: dict[str, Any] = Api().act(path, body)
    return answer


@contextmanager
def _writing(*, bootstrap: bool) -> Iterator[Session]:
    """A transaction at the database itself.

    A SQLite file that is being served takes one row from us all the same while it has no admin key:
    nobody could ask the server for the first one.
    """
    url = load(os.environ).settings.database_url
    try:
        with lock.alone(url), _database() as database:
            schema.upgrade(database)
            with database.transaction() as session:
                yield session
    except lock.Busy:
        with _database() as database, database.transaction() as session:
            if not bootstrap or _has_admin(session):
                raise Served(
                    "`bridge serve` has this database, so it must be asked:"
                    " set BRIDGE_KEY to a key with the role admin, or stop it first"
                ) from None
            yield session


@contextmanager
def _database() -> Iterator[Database]:
    database = Database(load(os.environ).settings.database_url)
    try:
        yield database
    finally:
        database.close()


def _has_admin(session: Session) -> bool:
    found = keys.listing(session)
    return any(one.role is Role.ADMIN and one.revoked_at is None for one in found)


def _note(session: Session, verb: str, target: str, difference: Any) -> None:
    """Who can write to the database is its admin, under the name of the account that runs this."""
    user = os.environ.get("USER") or f"uid {os.getuid()}"
    who = Principal(f"{user} (command line)", Role.ADMIN)
    now = SystemClock().now()
    audit.record(session, who, verb, target, reason="", difference=difference, now=now)


def _times(one: keys.KeyEntry) -> dict[str, str | None]:
    names = ("created_at", "last_used_at", "revoked_at")
    moments = {name: getattr(one, name) for name in names}
    return {name: at.isoformat() if at else None for name, at in moments.items()}
