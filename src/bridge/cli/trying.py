"""A live record under mappings of yours: what they would do with it. Nothing is sent."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from bridge.cli.client import Api
from bridge.cli.show import Json, block, fields, whole
from bridge.cli.versions import Given, files_of
from bridge.pipeline.syncing.standings import SyncStanding, lines
from bridge.rules.versions import is_version


def try_record(
    record: Annotated[str, typer.Argument(help="A case number, issue key, URL or ref.")],
    given: Given = None,
    on: Annotated[
        str | None, typer.Option(help="Only rules that wait for this event: feedback.created.")
    ] = None,
    changed: Annotated[
        list[str] | None, typer.Option(help="Pretend that this field has just changed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """What the rules and syncs of your folder (or an old set) would do with a live record. Sends nothing; needs operator.

    Examples:

    bridge rules try 00001234

    bridge rules try ENG-12 mappings/ --on work_item.updated --changed due

    bridge rules try 00001234 active
    """
    wish: dict[str, Any] = {"record": record, "on": on, "changed": changed or []}
    if given is not None and is_version(given):
        wish["version"] = given
    else:
        wish["files"] = files_of(given)
    found = Api().ask("/rules:try", wish)
    if as_json:
        whole(found)
        return
    _show_record(found)
    for rule in found["rules"]:
        _show_rule(rule)
    if not found["rules"]:
        typer.echo(f"\nno rule is about a {found['kind']}")
    if found["syncs"]:
        synced = [SyncStanding.model_validate(one) for one in found["syncs"]]
        typer.echo("\n" + "\n".join(lines(synced)).rstrip())


def _show_record(found: Mapping[str, Any]) -> None:
    typer.echo(f"{found['ref']} as source {found['source']} reads it now: {_news(found)}")
    fields(found["record"])


def _news(found: Mapping[str, Any]) -> str:
    if not found["known"]:
        return "not known yet"
    if not found["changed"]:
        return "nothing that is tracked differs from what is known"
    return f"changed: {', '.join(found['changed'])}"


def _show_rule(rule: Mapping[str, Any]) -> None:
    as_if = "as if " if rule["pretended"] else ""
    for answer in rule["answers"]:
        about = f" for {answer['linked']}" if answer["linked"] else ""
        matched = answer["answer"] == "matched"
        typer.echo()
        block(
            f"{rule['rule']}{about}: {'matches' if matched else answer['reason']}",
            f"{as_if}{rule['on']}",
            colour="green" if matched else None,
        )
        for ask in answer["would"]:
            _show_action(ask)


def _show_action(ask: Mapping[str, Any]) -> None:
    where = f" {ask['target']}" if ask["target"] else ""
    waits = f", after {' and '.join(ask['waits_for'])}" if ask["waits_for"] else ""
    note = f" ({ask['note']})" if ask["note"] else ""
    typer.echo(f"  would do {ask['action']}{where} at {ask['connection']}{waits}{note}")
    fields(ask["args"], indent="    ")
