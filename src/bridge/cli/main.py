"""The commands, put together."""

import sys

import typer

from bridge.cli import acts, erase, keys, look, numbers, rules, run
from bridge.errors import BridgeError

app = typer.Typer(
    name="bridge",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Carries feedback from Salesforce to Jira, progress back, and alerts to Teams.",
    epilog="Examples: bridge demo · bridge serve · bridge failures · bridge explain 00001234",
)
app.add_typer(rules.app, name="rules")
app.add_typer(keys.app, name="keys")
app.add_typer(run.db, name="db")
app.add_typer(run.channels, name="channels")
app.add_typer(acts.messages, name="messages")
app.add_typer(numbers.people, name="people")
app.command("serve")(run.serve)
app.command("demo")(run.demo)
app.command("simulators")(run.simulators)
app.command("doctor")(run.doctor)
app.command("deliveries")(look.deliveries)
app.command("failures")(look.failures)
app.command("explain")(look.explain)
app.command("connections")(look.connections)
app.command("stats")(numbers.stats)
app.command("replay")(acts.replay)
app.command("cancel")(acts.cancel)
app.command("erase")(erase.erase)


def main() -> None:
    """Run a command. What was raised on purpose is said in one line, without a traceback."""
    try:
        app()
    except BridgeError as error:
        typer.echo(f"bridge: {error}", err=True)
        sys.exit(2)
