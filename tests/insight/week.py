"""A week in the tables beside this file: the inputs of the golden tables."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bridge.inbox.tables import MessageRow
from bridge.insight.case import Case
from bridge.ledger.tables import ChangeRow, EventRow, LinkRow
from bridge.outbox.tables import DeliveryRow, HoldRow
from bridge.rules.tables import DecisionRow

WEEK = datetime(2026, 11, 16, 9, tzinfo=UTC)
HERE = Path(__file__).parent
COLUMNS = ("event", "standing", "seconds", "ended_by", "department", "reason")
Read = Mapping[str, str]


def fill(session: Session) -> None:
    """All rows of all tables."""
    events = {row["id"]: row for row in _rows("event")}
    session.add_all(_event(row) for row in events.values())
    session.add_all(_change(row, events[row["event"]]) for row in _rows("change"))
    session.add_all(_link(row) for row in _rows("link"))
    session.add_all(_delivery(row, events.get(row["event"])) for row in _rows("delivery"))


def second_task(session: Session) -> None:
    """The event `f1` asked for a task in another role too."""
    link = _link(
        {
            "id": "l1b",
            "left_ref": "sf:Case:1",
            "right_ref": "jira:issue:101",
            "state": "live",
            "event": "f1",
            "delivery": "d1b",
            "resolved_at": "2026-11-17T10:07Z",
        }
    )
    link.role = "improvement"
    session.add(link)


def waits_for_a_person(session: Session) -> None:
    """A bad message, a hold, an error of a rule; and what looks like them and does not wait."""
    session.add_all(_message(f"m{state}", state) for state in ("bad", "translated"))
    session.add_all(_hold(f"h{state}", state) for state in ("open", "released"))
    session.add_all(_error(event, mended=event != "f5") for event in ("f5", "f8"))


def act(session: Session, record: str, kind: str, *, at: datetime) -> None:
    """Somebody moves a record to another status; Bridge hears of it at once."""
    event = {
        "id": f"act on {record}",
        "kind": f"{kind}.updated",
        "subject": record,
        "occurred_at": at.isoformat(),
        "recorded_at": at.isoformat(),
        "origin": "webhook",
        "actor_kind": "person",
        "department": "",
        "matched": "1",
        "considered": "1",
    }
    change = {"event": event["id"], "field": "status", "before": "todo", "after": "in_progress"}
    session.add_all((_event(event), _change(change, event)))


def as_csv(cases: Sequence[Case]) -> str:
    """What became of each case, in the order of the events' ids."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for case in sorted(cases, key=lambda case: (case.event, case.seq)):
        writer.writerow([getattr(case, name) for name in COLUMNS])
    return text.getvalue()


def _rows(table: str) -> Iterator[dict[str, str]]:
    with (HERE / "tables" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _event(row: Read) -> EventRow:
    occurred = _time(row["occurred_at"])
    return EventRow(
        id=row["id"],
        connection=row["subject"].split(":", maxsplit=1)[0],
        subject=row["subject"],
        kind=row["kind"],
        version=row["id"],
        occurred_at=occurred,
        recorded_at=_time(row["recorded_at"]) if row["recorded_at"] else _soon(occurred),
        origin=row["origin"],
        actor={"id": f"account of {row['department']}", "name": "Somebody"},
        actor_kind=row["actor_kind"] or None,
        department=row["department"] or None,
        record={},
        changes=[],
        facts={},
        schema_version=1,
        stale=False,
        matched=int(row["matched"]) if row["matched"] else None,
        considered=int(row["considered"]) if row["considered"] else None,
    )


def _change(row: Read, event: Read) -> ChangeRow:
    return ChangeRow(
        record=event["subject"],
        kind=event["kind"].split(".", maxsplit=1)[0],
        field=row["field"],
        before=_value(row["before"]),
        after=_value(row["after"]),
        at=_time(event["occurred_at"]),
        event_id=row["event"],
    )


def _link(row: Read) -> LinkRow:
    return LinkRow(
        id=row["id"],
        left_ref=row["left_ref"],
        left_kind="feedback",
        right_ref=row["right_ref"] or None,
        right_kind="work_item",
        right_connection="jira",
        relation="originates",
        role="task",
        state=row["state"],
        event_id=row["event"] or None,
        delivery_id=row["delivery"] or None,
        created_at=_time(row["resolved_at"] or "2026-11-16T09:00Z"),
        resolved_at=_time(row["resolved_at"]) if row["resolved_at"] else None,
    )


def _delivery(row: Read, event: Read | None) -> DeliveryRow:
    created = _time(row["created_at"])
    return DeliveryRow(
        id=row["id"],
        event_id=row["event"] or None,
        rule="a-rule",
        rule_version="v",
        step="step",
        connection=row["action"].split(".", maxsplit=1)[0],
        action=row["action"],
        args={},
        needs={},
        write_key=row["id"],
        ordering_key=row["id"],
        subject=event["subject"] if event else "sf:Case:1",
        origin="webhook",
        state=row["state"],
        not_before=created,
        occurred_at=created,
        created_at=created,
        finished_at=_time(row["finished_at"]) if row["finished_at"] else None,
    )


def _message(name: str, state: str) -> MessageRow:
    return MessageRow(
        id=name,
        connection="jira",
        received_at=WEEK,
        dedupe_key=name,
        size=0,
        state=state,
    )


def _hold(name: str, state: str) -> HoldRow:
    return HoldRow(id=name, kind="observe", about=name, state=state, decisions=[], created_at=WEEK)


def _error(event: str, *, mended: bool) -> DecisionRow:
    return DecisionRow(
        id=f"decision on {event}",
        event_id=event,
        rule="a-rule",
        rule_version="v",
        answer="error",
        reason="no such key",
        detail={},
        mended=mended,
        decided_at=WEEK,
    )


def _value(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else text or None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _soon(moment: datetime) -> datetime:
    return moment + timedelta(seconds=1)
