"""Running: the service, its workers, the demo, the simulators."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn
from rich.console import Console

from bridge import log as logging
from bridge import schema
from bridge.access import keys
from bridge.app import build
from bridge.canonical.duration import parse
from bridge.cli import lock
from bridge.cli.group import FAULT
from bridge.cli.memory import spare_what_stays
from bridge.cli.stopping import Asked, Server, end_with_threads, leave
from bridge.db import Database
from bridge.demo.run import demo as play
from bridge.demo.run import simulate
from bridge.errors import SettingError
from bridge.process import Bridge
from bridge.settings import Loaded, load
from bridge.web import api

db = typer.Typer(no_args_is_help=True, help="The database's schema.")
LOCAL = "http://127.0.0.1:8080"
SIMULATED = Path("var") / "simulators"
log = structlog.get_logger()


def serve(
    after_restore: Annotated[
        bool, typer.Option("--after-restore", help="The database is a backup put back.")
    ] = False,
    watch: Annotated[
        str, typer.Option(help="With --after-restore: for how long to look before every create.")
    ] = "24h",
    receive_only: Annotated[
        bool, typer.Option("--receive-only", help="Leave all else to `bridge work`; PostgreSQL.")
    ] = False,
) -> None:
    """Receive, decide and deliver, in one process. Stops when asked, after what is under way.

    Example: bridge serve. Once, after a restore: bridge serve --after-restore --watch 3d
    """
    loaded = _configured()
    if receive_only:
        _needs_postgresql(loaded, "bridge serve --receive-only")
    lasts = _watch(watch) if after_restore else None
    with lock.alone(loaded.settings.database_url):
        bridge = build(loaded, after_restore=lasts)
        _hint(bridge)
        end_with_threads()
        config = uvicorn.Config(
            api(bridge, drains=not receive_only),
            host=loaded.settings.host,
            port=loaded.settings.port,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=loaded.settings.grace,
        )
        spare_what_stays()
        server = Server(config, retire=bridge.worker.retire)
        server.run()
        leave(bridge)
        if not server.started:  # its port is taken, say; the log has the reason
            raise typer.Exit(FAULT)


def work() -> None:
    """Decide and deliver beside `bridge serve`, without HTTP; needs PostgreSQL. Example: bridge work"""
    loaded = _configured()
    _needs_postgresql(loaded, "bridge work")
    asked = Asked()
    bridge = build(loaded)
    end_with_threads()
    spare_what_stays()
    bridge.start()
    log.info("work.started", node=loaded.settings.node)
    asked.wait()
    bridge.close()
    leave(bridge)
    log.info("work.stopped", node=loaded.settings.node)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End by itself.")] = False,
    faults: Annotated[
        bool, typer.Option("--faults", help="A tenth of all traffic goes wrong.")
    ] = False,
    mappings: Annotated[Path, typer.Option(help="The folder of rules.")] = Path("mappings"),
    port: Annotated[int, typer.Option(help="Where Bridge is served; 0 takes a free one.")] = 0,
) -> None:
    """Play the story on simulators of the three systems. Example: bridge demo --once --faults"""
    logging.configure(style="console", level="error")
    raise typer.Exit(play(mappings, once=once, faults=faults, console=Console(), port=port))


def simulators(  # noqa: PLR0917
    port: Annotated[int, typer.Option(help="Of Jira; the next two for the others. 0: any.")] = 0,
    bridge: Annotated[str, typer.Option(help="Whom they send webhooks to.")] = LOCAL,
    folder: Annotated[Path, typer.Option(help="Gets a bridge.yaml that reaches them.")] = SIMULATED,
    scale: Annotated[
        float, typer.Option(help="1 is real time; 0.01 makes minutes seconds.")
    ] = 0.01,
    seed: Annotated[int, typer.Option(help="The same seed gives the same ids and faults.")] = 7,
    flavour: Annotated[str, typer.Option(help="Of Jira: cloud or datacenter.")] = "cloud",
) -> None:
    """Serve Jira, Salesforce and Teams on loopback, for anyone's tests, until Ctrl-C.

    Example: bridge simulators --port 9100 --bridge http://127.0.0.1:8080
    """
    try:
        simulate(
            Console(), folder=folder.absolute(), bridge=bridge, port=port, scale=scale, seed=seed,
            flavour=flavour,
        )  # fmt: skip
    except (ValueError, OSError) as error:
        raise SettingError(f"the simulators cannot be served so: {error}") from None


@db.command("upgrade")
def upgrade() -> None:
    """Bring the schema up to this version; `serve` does so too. Example: bridge db upgrade"""
    url = load(os.environ).settings.database_url
    with lock.alone(url):
        database = Database(url)
        schema.upgrade(database)
        typer.echo(f"at revision {schema.current(database)}")
        database.close()


def _configured() -> Loaded:
    loaded = load(os.environ)
    logging.configure(style=loaded.settings.log_format, level=loaded.settings.log_level)
    return loaded


def _needs_postgresql(loaded: Loaded, command: str) -> None:
    if lock.is_sqlite(loaded.settings.database_url):
        raise SettingError(
            f"{command} needs PostgreSQL: a SQLite file serves one process, and `bridge serve`"
            " drains too; set BRIDGE_DATABASE_URL to postgresql://… for more than one"
        )


def _hint(bridge: Bridge) -> None:
    with bridge.database.reading() as session:
        if not keys.listing(session):
            log.warning("serve.no_key", remedy="bridge keys create NAME --role admin")


def _watch(text: str) -> timedelta:
    try:
        return parse(text)
    except ValueError as error:
        raise SettingError(f"--watch: {error}") from None
