"""Erasing a person, by the API: counted first, then confirmed."""

from typing import Annotated, Any

import typer

from bridge.cli import filters
from bridge.cli.client import Api
from bridge.cli.show import Json, table, whole

PATIENCE = 3_600.0  # seconds: every stored row is looked at


def erase(  # noqa: PLR0917
    person: Annotated[str, typer.Argument(help="E-mail, name, account or contact id; - asks.")],
    also: Annotated[list[str] | None, typer.Option(help="More of the same person.")] = None,
    why: filters.Why = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only.")] = False,
    yes: filters.Yes = False,
    as_json: Json = False,
) -> None:
    """Put a marker in the place of a person, everywhere. Example: bridge erase anna@example.com --dry-run

    Needs an admin's key. With `-` the person is asked for, and stays out of the shell's history.
    """
    given = typer.prompt("person") if person == "-" else person
    wish = {"person": given, "also": also or [], "why": why}
    api = Api(deadline=PATIENCE)
    found = api.ask("/erasures:count", wish)
    if dry_run or not as_json:
        _show(found, as_json=as_json)
    if dry_run:
        return
    if not any(found["rows"].values()):
        typer.echo("nothing to erase")
        return
    if not yes:
        typer.confirm("erase this person? It cannot be undone", abort=True)
    erased = api.act("/erasures", wish)
    if as_json:
        whole(erased)
        return
    typer.echo(f"erased: {sum(erased['rows'].values())} rows now say {erased['marker']}")


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        whole(found)
        return
    people = [{"connection": one["connection"], **one["values"]} for one in found["found"]]
    table(people, ("connection", "id", "name", "email"), as_json=False)
    rows = [{"place": place, "rows": count} for place, count in found["rows"].items()]
    table(rows, ("place", "rows"), as_json=False)
    for what in ("namesakes", "open_deliveries", "unread_messages", "mapping_sets"):
        if found[what]:
            typer.echo(f"{what.replace('_', ' ')}: {', '.join(found[what])}")
    typer.echo("\nnot erased by Bridge:")
    typer.echo("\n".join(f"- {line}" for line in found["remains"]))
