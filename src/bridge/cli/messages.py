"""What came in, byte for byte, and having it read again."""

from typing import Annotated, Any

import typer

from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.group import noun
from bridge.cli.show import Json, block, fields, moment, more, whole

app = noun("What came in, as it came.")
State = Annotated[str | None, typer.Option(help="pending, translated, ignored or bad")]


@app.command("list")
def listing(
    state: State = None,
    connection: filters.Connection = None,
    event_type: Annotated[str | None, typer.Option(help="As the sender names it.")] = None,
    limit: filters.Limit = 50,
    as_json: Json = False,
) -> None:
    """What came in, newest first. Example: bridge messages --state bad --connection salesforce"""
    found, following = Api().pages(
        "/messages", limit=limit, state=state, connection=connection, event_type=event_type
    )
    if as_json:
        whole(found)
        return
    for one in found:
        head = f"{moment(one['received_at'])}  {one['state']:<10}  {one['connection']}"
        colour = "red" if one["state"] == "bad" else None
        block(head, f"{one['id']}  {one['event_type']}", one["reason"], colour=colour)
    if not found:
        typer.echo("no message fits")
    more(following, len(found))


@app.command("show")
def show(message: str, as_json: Json = False) -> None:
    """One message with headers and body; needs operator. Example: bridge messages show msg_6s4ky5iw"""
    found: dict[str, Any] = Api().read(f"/messages/{part(message)}")
    if as_json:
        whole(found)
        return
    body, headers = found.pop("body"), found.pop("headers")
    fields(found)
    typer.echo("\nheaders")
    fields(headers)
    typer.echo("\nbody" + (" (base64)" if found["is_base64"] else ""))
    typer.echo(body if body is not None else "thinned: it was older than bodies are kept")


@app.command("retranslate")
def retranslate(
    ids: filters.Ids = None,
    state: State = None,
    connection: filters.Connection = None,
    as_json: Json = False,
) -> None:
    """Read messages again after a source was mended. Example: bridge messages retranslate --state bad"""
    body = {"ids": ids or [], "state": state, "connection": connection}
    done = Api().act("/messages:retranslate", body)
    if as_json:
        whole(done)
        return
    typer.echo(f"{done['count']} messages are read again")
