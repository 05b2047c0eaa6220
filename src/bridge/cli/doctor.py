"""How Bridge is set up, and whether the outside systems let it in."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge import schema
from bridge.app import connect
from bridge.calendars import calendars
from bridge.canonical.kind import standard
from bridge.cli.group import FAULT
from bridge.cli.lock import SQLITE, is_sqlite
from bridge.cli.show import Json, table, whole
from bridge.clock import SystemClock
from bridge.connectors.checking import CheckResult
from bridge.connectors.connected import Connected, Connections
from bridge.connectors.registration import Standing, compare
from bridge.connectors.registry import actions
from bridge.connectors.teams import test_card
from bridge.db import Database
from bridge.errors import BridgeError, SettingError
from bridge.rules.check import findings
from bridge.rules.folder import read_folder
from bridge.rules.problem import faults
from bridge.settings import Loaded, load, sources

channels = typer.Typer(no_args_is_help=True, help="Teams channels.")
Row = dict[str, Any]


def doctor(as_json: Json = False) -> None:
    """Every setting with its source; then database, mappings, and each connection: let in, allowed?

    Exit code 1 if a check fails. Example: bridge doctor --json
    """
    loaded = load(os.environ)
    linked = connect(loaded)
    judged = {name: connected.settings for name, connected in linked.items()}
    settings = [
        {"setting": one.name, "source": one.origin, "value": one.value}
        for one in sources(loaded, judged)
    ]
    checks = [*_inside(loaded, linked), *_outside(linked)]
    if as_json:
        whole({"settings": settings, "checks": checks})
    else:
        table(settings, ("setting", "source", "value"), as_json=False)
        typer.echo()
        table([_told(one) for one in checks], ("of", "check", "ok", "detail"), as_json=False)
    if not all(one["ok"] for one in checks):
        raise typer.Exit(FAULT)


@channels.command("test")
def channel_test(
    name: Annotated[str, typer.Argument(help="A channel's name, as in bridge.yaml.")],
    connection: Annotated[
        str | None, typer.Option(help="Needed when two Teams connections have it.")
    ] = None,
) -> None:
    """Send one card to a channel. Example: bridge channels test engineering"""
    linked = connect(load(os.environ))
    where = connection or _connection_of(name, linked)
    if where not in linked:
        raise SettingError(f"no connection {where!r}; there are: {', '.join(linked) or 'none'}")
    try:
        receipt = test_card(name).run(linked[where].client, "test")
    finally:
        linked[where].close()
    typer.echo(f"taken: {receipt.note}; look into the channel, a 202 is no proof")


def _connection_of(channel: str, linked: Connections) -> str:
    known = {
        name: list(getattr(connected.settings, "channels", {}))
        for name, connected in linked.items()
        if connected.system == "teams"
    }
    having = [name for name, names in known.items() if channel in names]
    if not having:
        named = sorted({one for names in known.values() for one in names})
        raise SettingError(f"no channel {channel!r}; there are: {', '.join(named) or 'none'}")
    if len(having) > 1:
        raise SettingError(f"{channel!r} is at {', '.join(having)}: say which with --connection")
    return having[0]


def _inside(loaded: Loaded, linked: Connections) -> Iterator[Row]:
    yield _row("bridge", "database", *_database(loaded.settings.database_url))
    yield _row("bridge", "mappings", *_mappings(loaded, linked))


def _database(url: str) -> tuple[bool, str, str]:
    if is_sqlite(url) and not Path(url.removeprefix(SQLITE)).exists():
        return True, "not there yet; `bridge serve` makes it", ""
    database = Database(url)
    try:
        missing = schema.pending(database)
    finally:
        database.close()
    if missing:
        return True, f"{len(missing)} migrations to come; `bridge serve` or `bridge db upgrade`", ""
    return True, "answers, and has this version's schema", ""


def _mappings(loaded: Loaded, linked: Connections) -> tuple[bool, str, str]:
    systems = {name: connected.system for name, connected in linked.items()}
    try:
        files = read_folder(loaded.settings.mappings)
    except BridgeError as error:
        return False, str(error), "set BRIDGE_MAPPINGS to the folder of rules"
    found = findings(
        files,
        kinds=standard(),
        actions=actions(),
        connections=systems,
        calendars=calendars(loaded.file.calendars),
        names={name: connected.names for name, connected in linked.items()},
    )
    if wrong := faults(found):
        return False, f"{len(wrong)} faults; the first: {wrong[0]}", "bridge rules check"
    return True, f"{len(files)} files without fault", ""


def _outside(linked: Connections) -> Iterator[Row]:
    for name, connected in linked.items():
        try:
            found = [*connected.connector.check(connected.client), *_registered(connected)]
        except BridgeError as error:
            yield _row(name, "reach", ok=False, detail=str(error), remedy="")
            continue
        finally:
            connected.close()
        for one in found:
            yield _row(name, one.name, ok=one.ok, detail=one.detail, remedy=one.remedy)


def _registered(connected: Connected) -> Iterator[CheckResult]:
    """Each webhook that `bridge.yaml` declares, as the system has it."""
    registrar = connected.connector.registrar
    declared = registrar.declared(connected.settings) if registrar is not None else ()
    if registrar is None or not declared:
        return
    for one in compare(declared, registrar.found(connected.client), now=SystemClock().now()):
        yield CheckResult(
            name=f"webhook {one.name or one.url}",
            ok=one.standing is Standing.THERE,
            detail=f"{one.standing}: {one.detail}" if one.detail else one.standing,
            remedy=f"bridge connections webhooks repair {connected.name}",
        )


def _row(of: str, check: str, ok: bool, detail: str, remedy: str) -> Row:
    return {"of": of, "check": check, "ok": ok, "detail": detail, "remedy": remedy}


def _told(row: Mapping[str, Any]) -> Row:
    remedy = "" if row["ok"] or not row["remedy"] else f" -> {row['remedy']}"
    return {**row, "ok": "ok" if row["ok"] else "NO", "detail": f"{row['detail']}{remedy}"}
