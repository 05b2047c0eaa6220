"""Running: the service, the demo, the simulators; and checking how they are set up."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from bridge import log, schema
from bridge.app import build, connect
from bridge.canonical.duration import parse
from bridge.cli.show import table
from bridge.connectors.teams import test_card
from bridge.db import Database
from bridge.demo.run import demo as play
from bridge.demo.run import simulate
from bridge.errors import BridgeError, SettingError
from bridge.settings import Loaded, load, sources
from bridge.web import api

db = typer.Typer(no_args_is_help=True, help="The database's schema.")
channels = typer.Typer(no_args_is_help=True, help="Teams channels.")


def serve(
    after_restore: Annotated[
        bool, typer.Option("--after-restore", help="The database is a backup put back.")
    ] = False,
    watch: Annotated[
        str, typer.Option(help="With --after-restore: for how long to look before every create.")
    ] = "24h",
) -> None:
    """Receive, decide and deliver, in one process. Stops when asked, after what is under way.

    Example after a restore, for this one start: bridge serve --after-restore --watch 3d
    """
    loaded = load(os.environ)
    lasts = _watch(watch) if after_restore else None
    _log(loaded)
    with _alone(loaded):
        bridge = build(loaded, after_restore=lasts)
        uvicorn.run(
            api(bridge),
            host=loaded.settings.host,
            port=loaded.settings.port,
            access_log=False,
            log_config=None,
            server_header=False,
        )


def demo(
    once: Annotated[bool, typer.Option("--once", help="End by itself.")] = False,
    faults: Annotated[
        bool, typer.Option("--faults", help="A tenth of all traffic goes wrong.")
    ] = False,
    mappings: Path = Path("mappings"),
    port: int = 0,
) -> None:
    """Play the story on simulators of the three systems. Example: bridge demo --once --faults"""
    log.configure(style="console", level="error")
    raise typer.Exit(play(mappings, once=once, faults=faults, console=Console(), port=port))


def simulators() -> None:
    """Serve the three simulators on loopback, for anyone's tests, until Ctrl-C."""
    simulate(Console())


def doctor(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Every setting with its source, then each connection: reachable, let in, allowed?"""
    loaded = load(os.environ)
    linked = connect(loaded)
    judged = {name: connected.settings for name, connected in linked.items()}
    rows = [
        {"setting": one.name, "value": one.value, "source": one.origin}
        for one in sources(loaded, judged)
    ]
    table(rows, ("setting", "value", "source"), as_json=as_json)
    checks = []
    for name, connected in linked.items():
        try:
            found = connected.connector.check(connected.client)
        except BridgeError as error:
            checks.append({"connection": name, "check": "reach", "ok": False, "detail": error})
            continue
        checks += [
            {"connection": name, "check": one.name, "ok": one.ok, "detail": one.detail,
             "remedy": one.remedy}
            for one in found
        ]  # fmt: skip
    table(checks, ("connection", "check", "ok", "detail", "remedy"), as_json=as_json)
    if any(not one["ok"] for one in checks):
        raise typer.Exit(1)


@db.command("upgrade")
def upgrade() -> None:
    """Bring the schema up to this version. `serve` does so too."""
    database = Database(load(os.environ).settings.database_url)
    schema.upgrade(database)
    typer.echo(f"at revision {schema.current(database)}")


@channels.command("test")
def channel_test(name: str, connection: str = "teams") -> None:
    """Send one card to a channel. Example: bridge channels test engineering"""
    linked = connect(load(os.environ))
    if connection not in linked:
        raise SettingError(f"no connection {connection!r}; there are: {', '.join(linked)}")
    receipt = test_card(name).run(linked[connection].client, "test")
    typer.echo(f"taken: {receipt.note}; look into the channel, a 202 is no proof")


def _watch(text: str) -> timedelta:
    try:
        return parse(text)
    except ValueError as error:
        raise SettingError(f"--watch: {error}") from None


def _log(loaded: Loaded) -> None:
    log.configure(style=loaded.settings.log_format, level=loaded.settings.log_level)


@contextmanager
def _alone(loaded: Loaded) -> Iterator[None]:
    """SQLite serves one process: a second one is refused by a lock file beside the database."""
    path = loaded.settings.database_url.removeprefix("sqlite:///")
    if path == loaded.settings.database_url:
        yield
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{path}.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit(f"bridge: another process serves {path}; use PostgreSQL for more than one")
        yield
