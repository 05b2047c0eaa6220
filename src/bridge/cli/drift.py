"""Drift: how far linked records agree, what does not, and the repair of it. Through the API, so it is audited."""

import sys
import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from bridge.canonical.spelled import spelled
from bridge.cli.client import Api, part
from bridge.cli.filters import Limit, Why, Yes
from bridge.cli.group import noun
from bridge.cli.show import Json, count, table, whole
from bridge.errors import BridgeError, Malformed

app = noun("How far linked records agree, and the repair of what does not.")
LOOK_SECONDS = 0.5
WORKING = ("comparing", "repairing")
COLUMNS = ("field", "left", "left_value", "right", "right_value", "cause", "reason")
Result = dict[str, Any]
Audit = Annotated[str | None, typer.Argument(help="drf_…; left out: the newest.")]


@app.command("list")
def listing(limit: Limit = 20, as_json: Json = False) -> None:
    """Audits, the newest first, with the share of links in which all agrees. Example: bridge drift"""
    rows, _ = Api().pages("/drift", limit=limit)
    if as_json:
        whole(rows)
        return
    columns = ("id", "begun_at", "state", "share", "links", "drifted", "causes", "problem")
    table([_line(row) for row in rows], columns, as_json=False)


@app.command("run")
def run(
    sample: Annotated[int | None, typer.Option(help="So many links; left out: all.")] = None,
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Compare linked records now, live, and follow it. Exit code 1 where something does not agree.

    Example: bridge drift run --sample 500 --why "after the outage"
    """
    api = Api()
    found = _follow(api, str(api.act("/drift:run", {"sample": sample, "why": why})["id"]))
    _show(found, as_json=as_json)
    if found["counts"].get("drifted"):
        raise typer.Exit(1)


@app.command("differences")
def differences(
    audit: Audit = None,
    cause: Annotated[str | None, typer.Option(help="lost, edited, refused, unmapped")] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Personal data and free text too; admins, audited.")
    ] = False,
    limit: Limit = 200,
    as_json: Json = False,
) -> None:
    """What does not agree, with both values. Example: bridge drift differences --cause lost"""
    api = Api()
    path = f"/drift/{part(_id(api, audit))}/differences"
    rows, _ = api.pages(path, limit=limit, cause=cause, reveal=reveal or None, order="oldest")
    table(rows if as_json else [_pair(row) for row in rows], COLUMNS, as_json=as_json)


@app.command("repair")
def repair(
    audit: Audit = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and end.")] = False,
    yes: Yes = False,
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Bring in step what an audit found: show the plan, ask, run. Ordinary deliveries, under caps.

    Example: bridge drift repair --dry-run
    """
    api = Api()
    path = f"/drift/{part(_id(api, audit))}:repair"
    plan = api.act(path, {"dry_run": True})
    if dry_run or (as_json and not yes):  # a program says --yes; it cannot be asked
        _show_plan(plan, as_json=as_json)
        return
    if not yes:
        _show_plan(plan, as_json=False)
        typer.confirm(f"read {plan['reads']} records again and write what they lack?", abort=True)
    api.act(path, {"why": why})
    found = _follow(api, plan["id"])
    _show(found, as_json=as_json)
    if not as_json:
        asked = "; who is asked: bridge holds" if found["counts"].get("repair_asked") else ""
        typer.echo(f"what it owed: bridge deliveries{asked}; whether they agree: bridge drift run")


@app.command("show")
def show(audit: Audit = None, as_json: Json = False) -> None:
    """One audit, counted. Example: bridge drift show drf_x"""
    api = Api()
    _show(api.read(f"/drift/{part(_id(api, audit))}"), as_json=as_json)


@app.command("cancel")
def cancel(audit: Annotated[str, typer.Argument(help="drf_…")], as_json: Json = False) -> None:
    """Stop an audit or its repair. Example: bridge drift cancel drf_x"""
    _show(Api().act(f"/drift/{part(audit)}:cancel", {}), as_json=as_json)


def _id(api: Api, audit: str | None) -> str:
    """The one that was named, or the newest whose comparison is over."""
    if audit is not None:
        return audit
    rows, _ = api.pages("/drift", limit=50)
    over = (str(row["id"]) for row in rows if row["state"] in {"done", "repaired"})
    found = next(over, None)
    if found is None:
        raise Malformed("there is no audit that is over; begin one: bridge drift run")
    return found


def _follow(api: Api, audit: str) -> Result:
    """Until it is over; the server does the work, whoever watches."""
    console, told = Console(stderr=True), ""
    with Progress(console=console, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("comparing", total=None)
        while True:
            found: Result = api.read(f"/drift/{part(audit)}")
            done = found["counts"].get("links", 0)
            progress.update(task, description=found["state"], total=found["sample"], completed=done)
            if found["state"] not in WORKING:
                break
            if found["problem"] not in {told, ""}:
                told = found["problem"]
                console.print(f"waits: {told}")
            time.sleep(LOOK_SECONDS)
    if found["state"] == "failed":
        raise BridgeError(f"{audit}: {found['problem']}")
    return found


def _show(found: Result, *, as_json: bool) -> None:
    if as_json:
        whole(found)
        return
    typer.echo(f"{found['id']}: {found['state']}, {_share(found)} of linked pairs agree")
    rows = [{"what": name, "count": number} for name, number in found["counts"].items()]
    if rows:
        table(rows, ("what", "count"), as_json=False)
    if found["counts"].get("drifted"):
        typer.echo(f"what does not agree: bridge drift differences {found['id']}")


def _show_plan(plan: Result, *, as_json: bool) -> None:
    if as_json:
        whole(plan)
        return
    typer.echo(
        f"{plan['id']}: {count(plan['differences'], 'difference')};"
        f" {count(plan['reads'], 'record')} read again"
    )
    rows = [{"system": name, "records": number} for name, number in plan["writes"].items()]
    if rows:
        table(rows, ("system", "records"), as_json=False)
    if plan["asks"]:
        typer.echo(f"a person is asked whose value counts: {count(plan['asks'], 'field')}")
    left = ", ".join(f"{number} {cause}" for cause, number in plan["left"].items())
    if left:
        typer.echo(f"no repair can mend: {left}")


def _pair(row: Result) -> Result:
    """Records by the names that people give them, values as they read them."""
    ends = {end: row[f"{end}_key"] or row[f"{end}_ref"] for end in ("left", "right")}
    return {**row, **ends, **{f"{end}_value": spelled(row[f"{end}_value"]) for end in ends}}


def _line(row: Result) -> Result:
    counts = row["counts"]
    causes = ("lost", "edited", "refused", "unmapped")
    told = ", ".join(f"{counts[one]} {one}" for one in causes if counts.get(one))
    numbers = {"links": counts.get("links", 0), "drifted": counts.get("drifted", 0)}
    return {**row, **numbers, "share": _share(row), "causes": told}


def _share(row: Result) -> str:
    return "none" if row["share"] is None else f"{row['share']:.2%}"
