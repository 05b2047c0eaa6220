"""API keys: made, listed and revoked at the database, where no key is needed yet."""

import os
from typing import Annotated

import typer

from bridge import schema
from bridge.access import keys
from bridge.cli.show import table
from bridge.clock import SystemClock
from bridge.db import Database
from bridge.errors import SettingError
from bridge.settings import load

app = typer.Typer(no_args_is_help=True, help="API keys. There is no default key.")


@app.command("create")
def create(
    name: str,
    role: Annotated[keys.Role, typer.Option(help="viewer, operator or admin")] = keys.Role.VIEWER,
) -> None:
    """Make a key; it is shown once. Example: bridge keys create anna --role operator"""
    database = _database()
    with database.transaction() as session:
        made = keys.create(session, name, role=role, now=SystemClock().now())
    typer.echo(made.token)


@app.command("list")
def listing(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Keys, without their secrets."""
    with _database().reading() as session:
        rows = [entry.__dict__ for entry in keys.listing(session)]
    columns = ("id", "name", "role", "created_at", "last_used_at", "revoked_at")
    table(rows, columns, as_json=as_json)


@app.command("revoke")
def revoke(name: str) -> None:
    """The key is nobody's from now on."""
    with _database().transaction() as session:
        gone = keys.revoke(session, name, now=SystemClock().now())
    if not gone:
        raise SettingError(f"no key {name!r} that is not revoked; see: bridge keys list")
    typer.echo(f"{name} is revoked")


def _database() -> Database:
    database = Database(load(os.environ).settings.database_url)
    schema.upgrade(database)
    return database
