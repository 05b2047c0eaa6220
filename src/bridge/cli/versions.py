"""Sets of mappings on the server: looked at, compared, activated, rolled back, taken out."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.cli import filters
from bridge.cli.changes import show_changes
from bridge.cli.client import Api, part
from bridge.cli.group import FAULT
from bridge.cli.show import Json, count, fields, more, table, whole
from bridge.errors import Malformed
from bridge.rules.difference import differences, phrase, text_difference
from bridge.rules.folder import is_mapping, read_folder
from bridge.rules.loader import content_hash
from bridge.rules.versions import is_version
from bridge.settings import load as settings

Given = Annotated[
    str | None,
    typer.Argument(help="A folder or a version; without it BRIDGE_MAPPINGS, or mappings/."),
]
VERSION = "active, previous, a hash or its beginning"
Version = Annotated[str, typer.Argument(help=f"{VERSION}.")]
Side = Annotated[str | None, typer.Argument(help=f"{VERSION}; or a folder: ./active if so called.")]


def listing(as_json: Json = False) -> None:
    """The active rules. Example: bridge rules"""
    found = Api().read("/rules")
    if as_json:
        whole(found)
        return
    table(found["rules"], ("id", "mode", "description"), as_json=False)
    typer.echo(f"\nset {found['hash']}; sources: {', '.join(found['sources'])}")


def history(limit: filters.Limit = 20, as_json: Json = False) -> None:
    """Which set was active when, who made it so, why, and what it changed. Example: bridge rules history"""
    found, following = Api().pages("/rules/history", limit=limit)
    table(found, ("at", "hash", "kind", "by", "why", "changed"), as_json=as_json)
    if not as_json:
        more(following, len(found))


def show(version: Version = "active", as_json: Json = False) -> None:
    """One set: its files, who made it active and when. Example: bridge rules show 4c1f"""
    found = Api().read(f"/rules/sets/{part(version)}")
    if as_json:
        whole(found)
        return
    told = {name: found[name] for name in ("hash", "active", "created_at", "created_by")}
    fields({**told, "rolled back at": found["withdrawn_at"]}, indent="")
    files = [{"file": name, "lines": lines} for name, lines in found["files"].items()]
    typer.echo()
    table(files, ("lines", "file"), as_json=False)
    typer.echo()
    table(found["activations"], ("at", "kind", "by", "why", "changed"), as_json=False)


def export(
    version: Version,
    folder: Annotated[Path, typer.Argument(help="Where to write it; it is made if need be.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Take away the mappings that are there.")
    ] = False,
) -> None:
    """Write a set into a folder, byte for byte what was active. Example: bridge rules export 4c1f old/"""
    found = Api().read(f"/rules/sets/{part(version)}/files")
    there = [one for one in folder.rglob("*") if is_mapping(one, folder)] if folder.exists() else []
    if there and not replace:
        raise Malformed(f"{folder} holds {count(len(there), 'mapping')}; --replace takes them away")
    targets = {_inside(folder, name): text for name, text in found["files"].items()}
    for old in there:
        old.unlink()
    for target, text in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8"))
    typer.echo(f"set {found['hash']}: {count(len(targets), 'file')} in {folder}")


def diff(
    a: Side = None,
    b: Side = None,
    text: Annotated[
        bool, typer.Option("--text", help="The files line by line, as diff -u.")
    ] = False,
    as_json: Json = False,
) -> None:
    """What the second does differently, rule by rule. Alone: the active set and your folder.

    Examples:

    bridge rules diff

    bridge rules diff previous active

    bridge rules diff 4c1f mappings/ --text
    """
    before, after = files_of(a or "active"), files_of(b)
    if text:
        for line in text_difference(before, after):
            typer.echo(line)
        return
    found = differences(before, after)
    if as_json:
        told = {"before": content_hash(before), "after": content_hash(after)}
        whole({**told, "changed": phrase(found), "differences": found})
        return
    show_changes(found)


def activate(
    given: Given = None,
    why: filters.Why = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check it on the server, show what would change, end.")
    ] = False,
    instead_of: Annotated[
        str | None, typer.Option(help="Only if this set is still the active one: its hash.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a folder, or a set of old, the active one, for all nodes. The server checks and tests it first.

    Examples:

    bridge rules activate --dry-run

    bridge rules activate --why "new board"

    bridge rules activate 4c1f --why "as it was on Monday"
    """
    files = files_of(given)
    if dry_run:
        _dry(files, as_json=as_json)
        return
    wish = {"files": files, "why": why} | ({"instead_of": instead_of} if instead_of else {})
    done = Api().act("/rules:activate", wish)
    if as_json:
        whole(done)
    elif done["hash"] == done["before"]:
        typer.echo(f"set {done['hash']} was active already")
    else:
        typer.echo(f"set {done['hash']} is active from the next event on: {done['changed']}")
        typer.echo("back to the one before: bridge rules rollback")


def rollback(why: filters.Why = "", yes: filters.Yes = False, as_json: Json = False) -> None:
    """Return to the set before; it stays so through restarts. Example: bridge rules rollback --yes"""
    api, wish = Api(), {"why": why}
    if not yes:
        now, then = (api.read(f"/rules/sets/{one}")["hash"] for one in ("active", "previous"))
        show_changes(differences(*(_stored(api, one) for one in (now, then))))
        typer.confirm(f"return from {now} to {then}?", abort=True)
        wish["instead_of"] = now
    done = api.act("/rules:rollback", wish)
    if as_json:
        whole(done)
        return
    typer.echo(f"set {done['hash']} is active again: {done['changed']}")


COMMANDS: Mapping[str, Callable[..., None]] = {
    "list": listing,
    "history": history,
    "show": show,
    "export": export,
    "diff": diff,
    "activate": activate,
    "rollback": rollback,
}


def _dry(files: Mapping[str, str], *, as_json: bool) -> None:
    found = Api().ask("/rules:check", {"files": files})
    if as_json:
        whole(found)
    elif found["problems"]:
        typer.echo("\n".join(found["problems"]))
    else:
        show_changes(found["comparison"]["differences"])
    if found["problems"]:
        raise typer.Exit(FAULT)


def files_of(given: str | None) -> Mapping[str, str]:
    """The files of a version on the server, or of a folder here."""
    if given is not None and is_version(given):
        return _stored(Api(), given)
    return read_folder(Path(given) if given else settings(os.environ).settings.mappings)


def _stored(api: Api, version: str) -> Mapping[str, str]:
    found: dict[str, Any] = api.read(f"/rules/sets/{part(version)}/files")
    files: Mapping[str, str] = found["files"]
    return files


def _inside(folder: Path, name: str) -> Path:
    """Raises Malformed for a name that leads out of the folder."""
    target = folder / name
    if not target.resolve().is_relative_to(folder.resolve()):
        raise Malformed(f"{name!r} is no file below a mappings folder; nothing was written")
    return target
