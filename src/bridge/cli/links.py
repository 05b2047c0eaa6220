"""Links: look at them, adopt pairs that exist already, take one apart. Through the API, so it is audited."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from bridge.cli.client import Api, part
from bridge.cli.filters import Why, Yes
from bridge.cli.group import FAULT
from bridge.cli.pairs import read_pairs
from bridge.cli.show import Json, block, count, named, table, whole
from bridge.errors import BridgeError, Malformed

app = typer.Typer(no_args_is_help=True, help="What belongs together: a case and its issue.")
LISTED = ("id", "role", "relation", "left", "right", "state", "note")
LINKED = ("outcome", "id", "role", "relation", "left", "right", "reason")
JOINED = frozenset({"link", "linked", "adopted"})  # they are, or a dry run says they would be
LOOK_SECONDS = 0.5
MOST = 100_000  # pairs of an import
WORKING = ("querying", "reading", "running")
File = Annotated[
    Path | None,
    typer.Argument(help="CSV with the columns left,right and, if you like, role,relation."),
]

Soql = Annotated[str | None, typer.Option(help="A query of the left records.")]
Right = Annotated[str | None, typer.Option(help="With --soql: the field that names the right end.")]
Jql = Annotated[str | None, typer.Option(help="A query of the right records.")]
Left = Annotated[str | None, typer.Option(help="With --jql: the field that names the left end.")]
Field = Annotated[
    str | None, typer.Option(help="A field that names the other end: Case.Jira_Key__c.")
]
Several = Annotated[bool, typer.Option("--several", help="A left record may have more than one.")]
Announce = Annotated[bool, typer.Option("--announce", help="Bring boards in step now, not later.")]


@app.command("list")
def listing(
    ref: Annotated[str | None, typer.Argument(help="A ref, case number, key or URL.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Those whose one end was deleted.")] = False,
    as_json: Json = False,
) -> None:
    """The links of a record, or the dead ones.

    Examples:

    bridge links list 00001234

    bridge links list --dead
    """
    if (ref is None) != dead:
        raise Malformed("name a record, or give --dead; see: bridge links list --help")
    found = Api().read("/links", ref=ref, state="dead" if dead else None)
    table(found if as_json else [_ends(one) for one in found], LISTED, as_json=as_json)


@app.command("link")
def link(  # noqa: PLR0917
    left: Annotated[
        str, typer.Argument(help="Where the need came from: a case number, key, URL, ref.")
    ],
    right: Annotated[str, typer.Argument(help="What answers it, said the same ways.")],
    role: Annotated[str | None, typer.Option(help="Which create of a rule it answers.")] = None,
    relation: Annotated[str | None, typer.Option(help="default: as the rule says")] = None,
    left_object: Annotated[str | None, typer.Option(help="salesforce:Case")] = None,
    right_object: Annotated[str | None, typer.Option(help="jira:issue")] = None,
    several: Several = False,
    silent: Annotated[bool, typer.Option("--silent", help="Bring boards in step later.")] = False,
    why: Why = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come of it.")] = False,
    as_json: Json = False,
) -> None:
    """Link two records that are there. Both are read from their systems first.

    Exit code 1 if a dry run finds that they cannot be linked. Examples:

    bridge links link 00001234 ENG-12 --role task --why "made by hand"

    bridge links link ENG-12 ENG-9 --relation duplicates --dry-run
    """
    where = {"left_object": left_object, "right_object": right_object, "several": several}
    what = {"left": left, "right": right, "role": role, "relation": relation}
    how = {"announce": not silent, "dry_run": dry_run, "why": why}
    found = Api().act("/links", _said({**what, **where, **how}))
    if as_json:
        whole(found)
    else:
        shown = _ends(found["link"]) if found["link"] else {"left": left, "right": right}
        table([{**found, **shown, "reason": found["reason"]}], LINKED, as_json=False)
    if found["outcome"] not in JOINED:
        raise typer.Exit(FAULT)


@app.command("unlink")
def unlink(
    link: Annotated[str, typer.Argument(help="lnk_…, see: bridge links list")],
    why: Annotated[str, typer.Option(help="The audit keeps it.")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take a link apart, so that the next create makes a new record. Both records stay.

    Example: bridge links unlink lnk_x --why "ENG-12 was the wrong issue"
    """
    api = Api()
    if not yes:
        shown = _ends(api.read(f"/links/{part(link)}"))
        said = f"{shown['left']} {shown['relation']} {shown['right']}, as {shown['role']}"
        typer.confirm(
            f"take this apart, and cancel what is owed by it? {said}", abort=True, err=True
        )
    gone = api.act(f"/links/{part(link)}:unlink", {"why": why})
    if as_json:
        whole(gone)
        return
    cancelled = len(gone["link"]["cancelled"])
    also = f"; cancelled: {count(cancelled, 'delivery', 'deliveries')}" if cancelled else ""
    typer.echo(f"{link} is taken apart, both records stay{also}")


@app.command("import")
def import_pairs(  # noqa: PLR0917
    file: File = None,
    soql: Soql = None,
    right: Right = None,
    jql: Jql = None,
    left: Left = None,
    field: Field = None,
    connection: Annotated[str | None, typer.Option(help="Of the query.")] = None,
    role: Annotated[str | None, typer.Option(help="Which create of a rule they answer.")] = None,
    relation: Annotated[str | None, typer.Option(help="default: as the rule says")] = None,
    left_object: Annotated[str | None, typer.Option(help="salesforce:Case")] = None,
    right_object: Annotated[str | None, typer.Option(help="jira:issue")] = None,
    several: Several = False,
    announce: Announce = False,
    most: Annotated[int, typer.Option(help="Rows of a query, at most.")] = 10_000,
    why: Why = "",
    plan: Annotated[str | None, typer.Option(help="Go on with a plan made before: adp_…")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan, show it, and end.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Link pairs that exist already: plan, show it, ask, run. A second run changes nothing. Examples:

    bridge links import pairs.csv --role task --dry-run

    bridge links import --field Case.Jira_Key__c

    bridge links import --soql "SELECT Id, Jira_Key__c FROM Case WHERE Jira_Key__c != null" --right Jira_Key__c

    bridge links import --jql "project = ENG AND cf[10050] is not EMPTY" --left customfield_10050
    """
    api = Api()
    if plan is None:
        wish = _given(file, (soql, right), (jql, left), connection, field)
        wish |= {"role": role, "relation": relation, "several": several, "announce": announce}
        wish |= {"left_object": left_object, "right_object": right_object, "most": most, "why": why}
        plan = str(api.act("/links:import", _said(wish))["id"])
    found = _follow(api, plan)
    may_run = not dry_run and (yes or not as_json)  # a program says --yes; it cannot be asked
    runs = may_run and found["state"] == "planned" and bool(found["counts"].get("link"))
    if not (runs and as_json):
        _show(found, as_json=as_json)
    if runs:
        _run(api, found, yes=yes, as_json=as_json)


@app.command("pairs")
def pairs(
    plan: Annotated[str, typer.Argument(help="adp_…")],
    outcome: Annotated[str | None, typer.Option(help="not_found, ambiguous, conflict, …")] = None,
    as_json: Json = False,
) -> None:
    """Every pair of an import and what becomes of it. Example: bridge links pairs adp_x --outcome not_found"""
    path = f"/links/imports/{part(plan)}/pairs"
    found, _ = Api().pages(path, limit=MOST, outcome=outcome, order="oldest")
    columns = ("number", "left_said", "right_said", "outcome", "reason")
    table(found, columns, as_json=as_json)


Query = tuple[str | None, str | None]  # its text, and the field that names the other end


def _ends(link: dict[str, Any]) -> dict[str, Any]:
    """With both records by the names that people give them."""
    right = link.get("key") or link["right_ref"] or "(on its way)"
    return {**link, "left": named(link, "left"), "right": right}


def _given(
    file: Path | None, soql: Query, jql: Query, connection: str | None, holder: str | None
) -> dict[str, Any]:
    """Exactly one of a file, a SOQL query, a JQL query and a field, as the API takes it."""
    given = [one for one in (file, soql[0], jql[0], holder) if one is not None]
    if len(given) != 1:
        raise Malformed(
            "give one of a CSV file, --soql, --jql and --field; see: bridge links import --help"
        )
    if holder is not None:
        return {"field": f"{connection}:{holder}" if connection else holder}
    if file is not None:
        return {"pairs": read_pairs(file)}
    text, field = soql if soql[0] is not None else jql
    option = "--right" if soql[0] is not None else "--left"
    if field is None:
        raise Malformed(f"{option} is missing: which field of the rows names the other end?")
    system = "salesforce" if soql[0] is not None else "jira"
    return {"query": {"connection": connection or system, "text": text, "field": field}}


def _said(wish: dict[str, Any]) -> dict[str, Any]:
    """Without what nobody said."""
    return {name: value for name, value in wish.items() if value is not None}


def _run(api: Api, found: dict[str, Any], *, yes: bool, as_json: bool) -> None:
    if not yes:
        typer.confirm(f"link these {found['counts']['link']}?", abort=True)
    api.act(f"/links/imports/{found['id']}:run", {})
    _show(_follow(api, found["id"]), as_json=as_json)


def _follow(api: Api, plan: str) -> dict[str, Any]:
    """Until it is planned, over, or refused; the server does the work, whoever watches."""
    told = ""
    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("looking", total=None)
        while True:
            found: dict[str, Any] = api.read(f"/links/imports/{part(plan)}")
            total = found["total"] or None
            progress.update(task, description=found["state"], total=total, completed=found["done"])
            if found["state"] not in WORKING:
                break
            if found["problem"] not in {told, ""}:
                told = found["problem"]
                console.print(f"waits: {told}")
            time.sleep(LOOK_SECONDS)
    if found["state"] == "failed":
        raise BridgeError(f"{plan}: {found['problem']}")
    return found


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        whole(found)
        return
    typer.echo(f"{found['id']}: {found['state']}, {count(found['total'], 'pair')}")
    for outcome, number in found["counts"].items():
        block(f"{number} {outcome}", *map(_line, found["examples"][outcome][:3]))
    if any(
        number > len(found["examples"][outcome][:3]) for outcome, number in found["counts"].items()
    ):
        typer.echo(f"all of them: bridge links pairs {found['id']}")


def _line(pair: dict[str, Any]) -> str:
    why = f": {pair['reason']}" if pair["reason"] else ""
    return f"row {pair['number']}: {pair['left_said']} - {pair['right_said']}{why}"
