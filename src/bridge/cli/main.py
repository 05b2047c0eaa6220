"""The commands, put together."""

from collections.abc import Callable, Mapping

import typer

from bridge.cli import (
    alerts,
    backfills,
    connections,
    deliveries,
    doctor,
    drift,
    erase,
    events,
    explain,
    holds,
    keys,
    links,
    messages,
    numbers,
    polls,
    replays,
    rules,
    run,
    watch,
)
from bridge.cli.group import Commands
from bridge.cli.memory import spare_what_was_imported

EPILOG = (
    "Examples: bridge demo · bridge serve · bridge status · bridge failures · bridge explain 00001234"
    "\n\nBRIDGE_URL and BRIDGE_KEY say which server is asked, and as whom. Exit codes: 0 done,"
    " 1 looked and found a fault, 2 wrong use or refused, 3 no answer from server or database."
)
app = typer.Typer(
    name="bridge",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Carries feedback from Salesforce to Jira, progress back, and alerts to Teams.",
    epilog=EPILOG,
)
NOUNS = {
    "deliveries": deliveries.app,
    "replays": replays.app,
    "holds": holds.app,
    "messages": messages.app,
    "events": events.app,
    "links": links.app,
    "drift": drift.app,
    "connections": connections.app,
    "polls": polls.app,
    "backfills": backfills.app,
    "alerts": alerts.alerts,
    "silences": alerts.silences,
    "alarms": watch.alarms,
    "audit": watch.audit,
    "rules": rules.app,
    "people": numbers.people,
    "keys": keys.app,
    "channels": doctor.channels,
    "db": run.db,
}
VERBS: Mapping[str, Callable[..., None]] = {
    "serve": run.serve,
    "work": run.work,
    "demo": run.demo,
    "simulators": run.simulators,
    "doctor": doctor.doctor,
    "status": watch.status,
    "failures": deliveries.failures,
    "stats": numbers.stats,
    "replay": replays.replay,
    "backfill": backfills.backfill,
    "cancel": deliveries.cancel,
    "explain": explain.explain,
    "records": events.records,
    "erase": erase.erase,
}
for _name, _verb in VERBS.items():
    app.command(_name)(_verb)
for _name, _noun in NOUNS.items():
    app.add_typer(_noun, name=_name)


def main() -> None:
    """Run a command."""
    spare_what_was_imported()
    app()
