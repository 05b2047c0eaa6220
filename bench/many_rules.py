"""A folder with many rules, made of the shipped ones, and an event that one of them is meant for."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from bridge.canonical.event import Change, Event, Origin
from bridge.canonical.ref import Ref
from bridge.ledger.facts import Facts, Linked
from bridge.ledger.rolling import Rollup
from bridge.rules.document import read
from bridge.rules.folder import read_folder

SHIPPED = Path(__file__).parents[1] / "mappings"
SYSTEMS = {"jira": "jira", "salesforce": "salesforce", "teams": "teams"}
A_FILE = 12  # rules
# By which a copy tells its own records from those of the others.
AREAS = {"feedback": "product", "work_item": "project"}
MEANT = "progress-reaches-board"  # the rule that the event is for

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
FEEDBACK = {
    "title": "Router reboots every night",
    "body": "A customer writes: it reboots.",
    "severity": "critical",
    "status": "in_progress",
    "product": "area-0",
    "customer": {"ref": "salesforce:Account:1", "name": "Acme Networks"},
}
WORK = {
    "key": "ENG-9",
    "title": "[Acme Networks] Router reboots every night",
    "type": "task",
    "type_name": "Task",
    "status": "in_progress",
    "status_name": "In Progress",
    "priority": "Highest",
    "labels": ["customer-feedback"],
    "due": "2026-12-01T00:00:00Z",
    "project": "area-0",
    "url": "https://jira.example.com/browse/ENG-9",
}
EVENT = Event(
    id="evt_1",
    connection="jira",
    subject=Ref("jira", "issue", "10231"),
    kind="work_item.updated",
    version="1",
    occurred_at=NOW,
    recorded_at=NOW,
    origin=Origin.WEBHOOK,
    record=WORK,
    changes=(Change(field="status", before="todo", after="in_progress"),),
    schema_version=1,
)
FACTS = Facts(
    now=NOW,
    before={**WORK, "status": "todo", "status_name": "To Do"},
    linked=(
        Linked(
            link_id="lnk_1",
            role="task",
            relation="originates",
            kind="feedback",
            ref="salesforce:Case:5001",
            connection="salesforce",
            record=FEEDBACK,
            rollup=Rollup(status="in_progress", done=0, total=1),
        ),
    ),
)


def many(count: int, *, alike: bool = False) -> Mapping[str, str]:
    """So many rules in files of a dozen, each for an area of its own; the sources as they are.

    `alike`: all are copies of the rule that the event is for, so that all hear of it.
    """
    shipped = read_folder(SHIPPED)
    forms = [form for name in sorted(shipped) for form in _forms(name, shipped[name])]
    chosen = [form for form in forms if form["id"] == MEANT] if alike else forms
    rules = [_copy(chosen[number % len(chosen)], number // len(chosen)) for number in range(count)]
    files = {name: text for name, text in shipped.items() if not name.startswith("rules/")}
    for first in range(0, count, A_FILE):
        form: dict[str, Any] = {"version": 1, "rules": rules[first : first + A_FILE]}
        if first == 0:
            form["maps"] = _maps(shipped)
        files[f"rules/{first:04}.yaml"] = yaml.safe_dump(form, sort_keys=False)
    return files


def _forms(name: str, text: str) -> list[dict[str, Any]]:
    value = _value(name, text)
    return list(value.get("rules", ())) if name.startswith("rules/") else []


def _maps(shipped: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in shipped.items():
        if name.startswith("rules/"):
            found |= _value(name, text).get("maps", {})
    return found


def _value(name: str, text: str) -> dict[str, Any]:
    document, problems = read(name, text)
    assert document is not None, problems
    return dict(document.value)


def _copy(form: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The same rule for another area."""
    triggers = form["when"]
    kind = (triggers if isinstance(triggers, str) else triggers[0]).partition(".")[0]
    kind = kind if kind in AREAS else "work_item"
    own = f'{kind}.{AREAS[kind]} == "area-{number}"'
    said = f"{own} && ({form['if']})" if "if" in form else own
    # Copied to the ground: the same value twice would be written as an alias, which is not read.
    return {**deepcopy(dict(form)), "id": f"{form['id']}-{number}", "if": said}
