"""Rows of every table with plain values, so that a test names only what it is about."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bridge.access.tables import AuditRow
from bridge.alerts.tables import AlertRow, CardRow, GroupRow, SilenceRow
from bridge.inbox.tables import BackfillRecordRow, BackfillRow, MessageRow, MessageState
from bridge.ledger.tables import (
    AdoptionPairRow,
    AdoptionRow,
    ChangeRow,
    CounterpartRow,
    DifferenceRow,
    DriftRow,
    EventRow,
    LinkRow,
    RecordRow,
    SeenEventRow,
)
from bridge.outbox.tables import (
    AttemptRow,
    ConnectionRow,
    DeliveryRow,
    HoldRow,
    OrderingKeyRow,
    PlanRow,
    State,
)
from bridge.pipeline.people.store import counterpart_id
from bridge.replays.tables import ReplayItemRow, ReplayRow
from bridge.rules.tables import DecisionRow

CASE = "salesforce:Case:500A"


def message(
    name: str, at: datetime, state: str = MessageState.TRANSLATED, **more: Any
) -> MessageRow:
    values: dict[str, Any] = {
        "id": name, "connection": "salesforce", "dedupe_key": name, "received_at": at,
        "headers": b"{}", "body": b"{}", "size": 2, "state": state,
    }  # fmt: skip
    return MessageRow(**values | more)


def event(name: str, at: datetime, **more: Any) -> EventRow:
    values: dict[str, Any] = {
        "id": name, "connection": "salesforce", "subject": CASE, "kind": "feedback.created",
        "version": "", "occurred_at": at, "recorded_at": at, "origin": "webhook", "record": {},
        "changes": [], "facts": {}, "schema_version": 1, "stale": False,
    }  # fmt: skip
    return EventRow(**values | more)


def delivery(
    name: str, at: datetime, state: str = State.SUCCEEDED, *, of: str | None = None, **more: Any
) -> DeliveryRow:
    values: dict[str, Any] = {
        "id": name, "event_id": of, "rule": "r", "rule_version": "v", "step": "s",
        "connection": "jira", "action": "jira.create_issue", "args": {}, "needs": {},
        "write_key": name, "ordering_key": f"jira|{name}", "subject": CASE, "origin": "webhook",
        "state": state, "not_before": at, "occurred_at": at, "created_at": at, "finished_at": at,
    }  # fmt: skip
    return DeliveryRow(**values | more)


def attempt(of: str, at: datetime, **more: Any) -> AttemptRow:
    values: dict[str, Any] = {
        "delivery_id": of, "number": 1, "node": "n", "started_at": at, "seconds": 0.1,
        "outcome": "done", "exchanges": [{"request": "in", "response": "out"}],
    }  # fmt: skip
    return AttemptRow(**values | more)


def decision(of: str, at: datetime, answer: str = "matched", **more: Any) -> DecisionRow:
    values: dict[str, Any] = {
        "id": f"dec-{of}-{answer}", "event_id": of, "rule": "r", "rule_version": "v",
        "answer": answer, "reason": "", "detail": {}, "decided_at": at,
    }  # fmt: skip
    return DecisionRow(**values | more)


def change(of: str, at: datetime, **more: Any) -> ChangeRow:
    values: dict[str, Any] = {
        "record": CASE, "kind": "feedback", "field": "status", "at": at, "event_id": of,
    }  # fmt: skip
    return ChangeRow(**values | more)


def record(ref: str, at: datetime, **more: Any) -> RecordRow:
    values: dict[str, Any] = {
        "ref": ref, "kind": "feedback", "connection": "salesforce", "schema_version": 1,
        "data": {}, "seen_at": at, "updated_at": at,
    }  # fmt: skip
    return RecordRow(**values | more)


def link(name: str, at: datetime, **more: Any) -> LinkRow:
    values: dict[str, Any] = {
        "id": name, "right_kind": "work_item", "right_connection": "jira", "relation": "originates",
        "slot": "", "state": "live", "created_at": at,
    }  # fmt: skip
    return LinkRow(**values | more)


def seen(name: str, at: datetime) -> SeenEventRow:
    return SeenEventRow(event_id=name, seen_at=at)


def audit(at: datetime, **more: Any) -> AuditRow:
    values: dict[str, Any] = {
        "at": at, "principal": "carol", "role": "admin", "verb": "replay", "target": "x",
    }  # fmt: skip
    return AuditRow(**values | more)


def hold(name: str, at: datetime, state: str = "released", **more: Any) -> HoldRow:
    values: dict[str, Any] = {
        "id": name, "kind": "observe", "about": name, "state": state, "decisions": [],
        "created_at": at, "decided_at": None if state == "open" else at,
    }  # fmt: skip
    return HoldRow(**values | more)


def plan(name: str, at: datetime, state: str = "done", **more: Any) -> PlanRow:
    values: dict[str, Any] = {
        "id": name, "principal": "carol", "mode": "again", "filter": {}, "options": {},
        "counts": {}, "deliveries": [], "state": state, "created_at": at, "expires_at": at,
    }  # fmt: skip
    return PlanRow(**values | more)


def replay(name: str, at: datetime, state: str = "done", **more: Any) -> ReplayRow:
    values: dict[str, Any] = {
        "id": name, "principal": "carol", "mode": "again", "filter": {}, "options": {},
        "counts": {}, "moved": {}, "state": state, "not_before": at, "created_at": at,
        "expires_at": at,
    }  # fmt: skip
    return ReplayRow(**values | more)


def replayed(of: str, number: int = 1, **more: Any) -> ReplayItemRow:
    values: dict[str, Any] = {"replay_id": of, "number": number, "what": "d", "will": "send"}
    return ReplayItemRow(**values | more)


def adoption(name: str, at: datetime, state: str = "done", **more: Any) -> AdoptionRow:
    values: dict[str, Any] = {
        "id": name, "principal": "carol", "wish": {}, "state": state, "not_before": at,
        "created_at": at, "expires_at": at,
    }  # fmt: skip
    return AdoptionRow(**values | more)


def pair(of: str, number: int = 1, **more: Any) -> AdoptionPairRow:
    values: dict[str, Any] = {
        "adoption_id": of, "number": number, "left_said": "00001", "right_said": "ENG-1",
        "role": "r", "relation": "mirrors",
    }  # fmt: skip
    return AdoptionPairRow(**values | more)


def backfill(name: str, at: datetime, state: str = "done", **more: Any) -> BackfillRow:
    values: dict[str, Any] = {
        "id": name, "principal": "carol", "wish": {}, "state": state, "not_before": at,
        "created_at": at, "expires_at": at,
    }  # fmt: skip
    return BackfillRow(**values | more)


def counterpart(account: str, at: datetime, **more: Any) -> CounterpartRow:
    values: dict[str, Any] = {
        "id": counterpart_id("jira", account, "salesforce"), "at": "jira", "account": account,
        "to": "salesforce", "first_at": at, "last_at": at,
    }  # fmt: skip
    return CounterpartRow(**values | more)


def unread(of: str, number: int = 1) -> BackfillRecordRow:
    return BackfillRecordRow(backfill_id=of, record_id=f"500{number}")


def alert(name: str, at: datetime, state: str = "over", **more: Any) -> AlertRow:
    values: dict[str, Any] = {
        "id": name, "group_id": "g", "fingerprint": name, "rule": "r", "step": "s",
        "event_id": "e", "subject": CASE, "labels": {}, "args": {}, "needs": {}, "state": state,
        "raised_at": at, "ready_at": at, "seen_at": at, "ended_at": at if state == "over" else None,
    }  # fmt: skip
    return AlertRow(**values | more)


def alert_group(name: str, at: datetime, **more: Any) -> GroupRow:
    values: dict[str, Any] = {
        "id": name, "rule": "r", "step": "s", "connection": "teams", "action": "teams.post_card",
        "receiver": "teams|channel:a", "labels": {}, "created_at": at, "updated_at": at,
    }  # fmt: skip
    return GroupRow(**values | more)


def alert_card(name: str, at: datetime) -> CardRow:
    values: dict[str, Any] = {
        "delivery_id": name, "rule": "r", "step": "s", "receiver": "teams|channel:a",
        "groups": [], "firing": 1, "resolved": 0, "why": "new", "at": at,
    }  # fmt: skip
    return CardRow(**values)


def drift(name: str, at: datetime, state: str = "done", **more: Any) -> DriftRow:
    values: dict[str, Any] = {
        "id": name, "principal": "carol", "state": state, "begins": "", "cursor": "", "counts": {},
        "not_before": at, "begun_at": at, "ended_at": at,
    }  # fmt: skip
    return DriftRow(**values | more)


def difference(of: str, at: datetime, **more: Any) -> DifferenceRow:
    values: dict[str, Any] = {
        "drift_id": of, "link_id": "l", "sync": "s", "field": "title", "left_ref": CASE,
        "right_ref": "jira:issue:1", "private": True, "cause": "lost", "writes": "", "found_at": at,
    }  # fmt: skip
    return DifferenceRow(**values | more)


def silence(name: str, ends: datetime, **more: Any) -> SilenceRow:
    values: dict[str, Any] = {
        "id": name, "matchers": ["rule=r"], "author": "carol", "starts_at": ends, "ends_at": ends,
        "created_at": ends,
    }  # fmt: skip
    return SilenceRow(**values | more)


def key(name: str, **more: Any) -> OrderingKeyRow:
    return OrderingKeyRow(**{"key": name, "connection": "jira"} | more)


def connection(name: str, at: datetime, **more: Any) -> ConnectionRow:
    return ConnectionRow(**{"name": name, "since": at, "live_since": at} | more)


def keep(session: Session, *rows: Any) -> None:
    session.add_all(rows)
    session.flush()
