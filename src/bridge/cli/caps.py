"""How much rules may write and wrote; those that went beyond a cap are let go, or dropped."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.proposal import Folder, given
from bridge.cli.show import Json, block, moment, table, whole
from bridge.rules.caps_line import has_rule, with_caps

Rule = Annotated[str, typer.Argument(help="A rule that is held, as `bridge holds` names it.")]
Spare = Annotated[
    str | None, typer.Option(help="So long it is not held again: 30m, 4h; 7d at most.")
]


def caps(
    folder: Folder = None,
    patch: Annotated[bool, typer.Option("--patch", help="Show the lines to change.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Change the files of the folder.")] = False,
    as_json: Json = False,
) -> None:
    """What each rule may write, wrote in 30 days, and what would fit. Example: bridge rules caps --patch"""
    found = Api().read("/rules/caps")
    if as_json:
        whole(found)
        return
    if not patch and not write:
        table([_row(one) for one in found], ("rule", "may", "wrote", "proposed"), as_json=False)
        return
    place = given(folder).place
    changed = list(_changed(place, found))
    for path, before, after in changed:
        name = str(path)
        lines = difflib.unified_diff(
            before.splitlines(keepends=True), after.splitlines(keepends=True), name, name
        )
        typer.echo("".join(lines), nl=False)
        if write:
            path.write_text(after, encoding="utf-8")
    if not changed:
        typer.echo("no rule has caps that its history would change", err=True)
    elif write:
        typer.echo("look at them; then: bridge rules activate", err=True)


def _row(one: dict[str, Any]) -> dict[str, str]:
    """A line of the table."""
    wrote = "nothing"
    if one["hours"]:
        share = "" if one["share"] is None else f", overwrote {one['share']:.0%}"
        wrote = (
            f"{one['most']} in an hour (99%: {one['p99']}), {one['most_at_record']} to one record"
            f"{share}, since {moment(one['since'])[:10]}"
        )
    proposed = "too little history" if one["proposed"] is None else ""
    if one["proposed"] is not None and one["proposed"] != one["said"]:
        proposed = _said(one["proposed"])
    return {
        "rule": one["rule"] + (" (held)" if one["held"] else ""),
        "may": _said(one["counts"]),
        "wrote": wrote,
        "proposed": proposed,
    }


def _changed(place: Path, found: Sequence[dict[str, Any]]) -> Iterator[tuple[Path, str, str]]:
    """Files of the folder with the proposals in them: path, text before and after."""
    wanted = {
        one["rule"]: _said(one["proposed"])
        for one in found
        if one["proposed"] not in (None, one["said"])
    }
    for path in sorted((place / "rules").glob("*.yaml")):
        before = after = path.read_text(encoding="utf-8")
        for rule, said in wanted.items():
            if has_rule(str(path), after, rule):
                after = with_caps(str(path), after, rule, said)
        if after != before:
            yield path, before, after


def _said(caps: dict[str, Any]) -> str:
    """As it stands in a mapping."""
    parts = (f"{name}: {value}" for name, value in caps.items() if value is not None)
    return "{" + ", ".join(parts) + "}"


def release(rule: Rule, spare: Spare = None, why: filters.Why = "", as_json: Json = False) -> None:
    """Let go what a held rule asks. Example: bridge rules release board --spare 4h --why "import" """
    done = Api().act(f"/rules/{part(rule)}:release", {"why": why, "spare": spare})
    if as_json:
        whole(done)
        return
    typer.echo(f"{done['count']} deliveries of {rule} go, and it is counted anew")


def discard(
    rule: Rule,
    why: filters.Why = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would be.")] = False,
    yes: filters.Yes = False,
    as_json: Json = False,
) -> None:
    """Never send what a held rule asks. Example: bridge rules discard board --why "wrong mapping" """
    api = Api()
    if dry_run or not yes:
        found = api.read(f"/rules/{part(rule)}/held")
        if dry_run and as_json:
            whole(found)
            return
        block(
            found["hold"]["reason"],
            *(f"{number} of {what}" for what, number in found["by_action"].items()),
            *(f"bridge deliveries show {one}" for one in found["examples"]),
        )
        if dry_run:
            return
        typer.confirm(
            f"cancel all {found['count']}, and what is about to be held? It cannot be undone",
            abort=True,
        )
    done = api.act(f"/rules/{part(rule)}:discard", {"why": why})
    if as_json:
        whole(done)
        return
    typer.echo(f"{done['count']} deliveries of {rule} are cancelled")


COMMANDS: Mapping[str, Callable[..., None]] = {
    "caps": caps,
    "release": release,
    "discard": discard,
}
