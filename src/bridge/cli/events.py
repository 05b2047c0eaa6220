"""What happened, what is known of a record, and why something followed or did not."""

from typing import Annotated, Any

import typer

from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.group import noun
from bridge.cli.show import Json, block, fields, moment, more, named, whole

app = noun("What happened, in our own words.")


@app.command("list")
def listing(  # noqa: PLR0917
    matched: Annotated[str | None, typer.Option(help="none: no rule matched.")] = None,
    kind: Annotated[str | None, typer.Option(help="As feedback.created.")] = None,
    subject: filters.Subject = None,
    since: filters.Since = None,
    limit: filters.Limit = 50,
    as_json: Json = False,
) -> None:
    """What happened, newest first. Example: bridge events --matched none --since 7d"""
    found, following = Api().pages(
        "/events",
        limit=limit,
        matched=matched,
        kind=kind,
        subject=filters.ref_of(subject),
        since=filters.instant(since, "--since"),
    )
    if as_json:
        whole(found)
        return
    for one in found:
        head = f"{moment(one['occurred_at'])}  {one['kind']}"
        block(head, f"{one['id']}  {named(one, 'subject')}", _matched(one["matched"]))
    if not found:
        typer.echo("no event fits")
    more(following, len(found))


@app.command("show")
def show(event: str, as_json: Json = False) -> None:
    """One event with the record after it. Example: bridge events show evt_eh5qdaalanj7hgoqikwdleqoyi"""
    found: dict[str, Any] = Api().read(f"/events/{part(event)}")
    if as_json:
        whole(found)
        return
    record, _ = found.pop("record"), found.pop("facts")
    changes = found.pop("changes")
    fields(found)
    _changes(changes)
    typer.echo("\nrecord")
    fields(record)
    typer.echo(f"\nwhy: bridge explain {event}")


def records(
    what: Annotated[str, typer.Argument(help="A ref, case number, issue key or URL.")],
    as_json: Json = False,
) -> None:
    """A record, what it is linked with, and its history. Example: bridge records ENG-12"""
    found = Api().read("/records", ref=what)
    if as_json:
        whole(found)
        return
    names = ("ref", "kind", "key", "url", "updated_at", "deleted_at")
    fields({name: found[name] for name in names})
    typer.echo("\nrecord")
    fields(found["data"])
    typer.echo("\nlinks")
    for link in found["links"]:
        right = link["key"] or link["right_ref"] or "(on its way)"
        ends = f"{named(link, 'left')} {link['relation']} {right}"
        typer.echo(f"  {ends}\n    {link['role']}, {link['state']}, {link['id']}")
    _changes(found["changes"])


def _changes(changes: list[dict[str, Any]]) -> None:
    if not changes:
        return
    typer.echo("\nchanges")
    for one in changes:
        when = moment(one.get("at"))
        typer.echo(f"  {when}{'  ' if when else ''}{one['field']}: {_spoken(one['before'])}"
                   f" → {_spoken(one['after'])}")  # fmt: skip


def _matched(count: int | None) -> str:
    if count is None:
        return "not decided yet"
    return f"{count} matched" if count else "no rule matched"


def _spoken(value: Any) -> str:
    return "nothing" if value is None else str(value)
