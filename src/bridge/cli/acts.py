"""Acting on the sync log: replay, cancel, read messages again. Through the API, so that it is audited."""

import time
from typing import Annotated, Any

import typer
from rich.progress import Progress

from bridge.cli.client import Api
from bridge.cli.show import whole

messages = typer.Typer(no_args_is_help=True, help="What came in.")
LOOK_SECONDS = 0.5
Ids = Annotated[list[str] | None, typer.Argument(help="Delivery ids; or use the filters.")]
Yes = Annotated[bool, typer.Option("--yes", help="Run without asking.")]


def replay(  # noqa: PLR0917
    ids: Ids = None,
    group: str | None = None,
    state: Annotated[list[str] | None, typer.Option(help="default: dead")] = None,
    connection: str | None = None,
    rule: str | None = None,
    mode: Annotated[str, typer.Option(help="again or redecide")] = "again",
    most: int = 500,
    force: Annotated[bool, typer.Option(help="Send also where newer state went out.")] = False,
    why: str = "",
    yes: Yes = False,
) -> None:
    """Plan, show the plan, ask, run. Example: bridge replay --connection jira --why "ENG is back" """
    api = Api()
    wanted = _filter(ids, group, state, connection, rule)
    plan = api.act(
        "/replays",
        {"filter": wanted, "mode": mode, "most": most, "force": force, "why": why},
    )
    whole({"plan": plan["id"], **plan["counts"]})
    if not plan["total"]:
        return
    if not yes:
        typer.confirm(f"replay these {plan['total']}?", abort=True)
    api.act(f"/replays/{plan['id']}:run", {})
    _follow(api, plan)


def cancel(  # noqa: PLR0917
    ids: Ids = None,
    group: str | None = None,
    state: Annotated[list[str] | None, typer.Option()] = None,
    connection: str | None = None,
    rule: str | None = None,
    why: str = "",
    yes: Yes = False,
) -> None:
    """Do not send these; a cancelled create frees its link. Cannot be undone by a replay of `again`."""
    wanted = _filter(ids, group, state, connection, rule)
    if not yes:
        typer.confirm(f"cancel all deliveries that fit {wanted}?", abort=True)
    whole(Api().act("/deliveries:cancel", {"filter": wanted, "why": why}))


@messages.command("retranslate")
def retranslate(
    ids: Annotated[list[str] | None, typer.Argument()] = None,
    state: str | None = None,
    connection: str | None = None,
) -> None:
    """Read messages again after a source was mended. Example: bridge messages retranslate --state bad"""
    body = {"ids": ids or [], "state": state, "connection": connection}
    whole(Api().act("/messages:retranslate", body))


@messages.command("list")
def listing(state: str | None = None, connection: str | None = None, limit: int = 50) -> None:
    """What came in, newest first."""
    whole(Api().read("/messages", state=state, connection=connection, limit=limit)["items"])


def _filter(
    ids: list[str] | None,
    group: str | None,
    state: list[str] | None,
    connection: str | None,
    rule: str | None,
) -> dict[str, Any]:
    given = {"ids": ids, "group": group, "connection": connection, "rule": rule}
    wanted: dict[str, Any] = {name: value for name, value in given.items() if value}
    if state or not ids:
        wanted["state"] = state or ["dead"]
    return wanted


def _follow(api: Api, plan: dict[str, Any]) -> None:
    with Progress() as progress:
        task = progress.add_task("replaying", total=plan["total"])
        while True:
            now = api.read(f"/replays/{plan['id']}")
            progress.update(task, completed=now["done"])
            if now["state"] != "running":
                return
            time.sleep(LOOK_SECONDS)
