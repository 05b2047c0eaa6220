"""`/api/v1/deliveries`, `/holds`, `/connections`: the sync log as people read it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from bridge.access import audit
from bridge.access.guard import Admin, Viewer
from bridge.access.paging import Page, Turn, Word
from bridge.access.problems import ACTS, READS, not_found
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data, Time
from bridge.access.veil import Veil, Veiled
from bridge.connectors.connected import Connections
from bridge.ledger import latest
from bridge.outbox import connection as connections
from bridge.outbox import hold, joining, store
from bridge.outbox.budgets import store as budget_store
from bridge.outbox.budgets.views import limit_views
from bridge.outbox.search import Filter, Sought, groups, select_deliveries
from bridge.outbox.tables import DeliveryRow
from bridge.outbox.views import (
    ConnectionView,
    DeliveryView,
    GroupView,
    HoldView,
    PausedPart,
    WholeDelivery,
    attempt_view,
    group_view,
)

router = APIRouter(prefix="/api/v1", tags=["deliveries"], responses=READS)


class Why(BaseModel):
    """Why somebody does it; it stands in the audit."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"why": "Jira is being upgraded"}]}
    )

    why: str = ""


@router.get("/deliveries", summary="The sync log")
def deliveries(
    veil: Veiled,
    database: Data,
    turn: Turn,
    wanted: Annotated[Sought, Query()],
) -> Page[DeliveryView]:
    """Deliveries that fit every filter, the newest first. Replays take the same filter."""
    with database.reading() as session:
        read = turn.span.read if wanted.is_narrow else turn.span.look
        found = read(session, select_deliveries(wanted), DeliveryRow.seq)
        keys = _keys(session, found.rows)
    return turn.page(
        found.rows,
        seq=lambda row: row.seq,
        item=lambda row: DeliveryView.of(row, veil, keys),
        stopped_at=found.stopped_at,
    )


@router.get("/deliveries/groups", summary="Failures by cause")
def by_cause(
    veil: Veiled,
    database: Data,
    connection: Annotated[Word | None, Query()] = None,
    rule: Annotated[Word | None, Query()] = None,
    since: datetime | None = None,
) -> list[GroupView]:
    """What is dead, grouped by cause, with what to do and the command that replays the group."""
    wanted = Filter(connection=connection, rule=rule, since=since)
    with database.reading() as session:
        return [group_view(found, veil) for found in groups(session, wanted)]


@router.get("/deliveries/{delivery_id}", summary="One delivery with its attempts")
def delivery(veil: Veiled, database: Data, delivery_id: str) -> WholeDelivery:
    """Values, requests and answers are left out: `:reveal` shows them, and is audited."""
    with database.reading() as session:
        return _whole(session, _row(session, delivery_id), veil, bodies=False)


@router.get("/deliveries/{delivery_id}/revealed", summary="One delivery with bodies; audited")
def reveal(
    who: Admin, veil: Veiled, database: Data, clock: Time, delivery_id: str
) -> WholeDelivery:
    """With the values that go out and what went over the wire. Who looked is in the audit."""
    with database.transaction() as session:
        row = _row(session, delivery_id)
        audit.record(
            session, who, "reveal", delivery_id, reason="", difference=None, now=clock.now()
        )
        return _whole(session, row, veil, bodies=True)


@router.get("/holds", summary="What waits for a person")
def holds(_: Viewer, database: Data, turn: Turn, state: Word = hold.OPEN) -> Page[HoldView]:
    """`state`: open, released, discarded, or expired (nobody decided in time). The newest first."""
    with database.reading() as session:
        rows = hold.page(session, turn.span, state=state)
    return turn.page(rows, seq=lambda row: row.seq, item=HoldView.model_validate)


@router.get("/connections", summary="The outside systems")
def connection_states(
    _: Viewer, request: Request, database: Data, clock: Time
) -> list[ConnectionView]:
    """Open or paused, and of each of its vendor's limits: what is used, what is left, until when."""
    configured: Connections = request.app.state.connections
    with database.reading() as session:
        rows = connections.rows(session)
        counts = store.counts(session)
        budgets = budget_store.by_name(session)
    return [
        ConnectionView(
            name=name,
            system=connected.system,
            mode=connected.settings.mode,
            state=rows[name].state,
            breaker=connections.breaker_mode(rows[name]),
            since=rows[name].since,
            reason=rows[name].reason,
            probe_at=rows[name].probe_at,
            last_message_at=rows[name].last_message_at,
            paused_parts=[
                PausedPart.model_validate(row)
                for part, row in sorted(rows.items())
                if connections.is_part(part)
                and connections.connection_of(part) == name
                and row.state != connections.OPEN
            ],
            open_deliveries={
                state: count for (where, state), count in counts.items() if where == name
            },
            limits=limit_views(connected, budgets, now=clock.now()),
        )
        for name, connected in sorted(configured.items())
        if name in rows
    ]


@router.post("/connections/{name}:pause", summary="Call nothing there", responses=ACTS)
def pause(act: OperatorAct, name: str, body: Why) -> Response:
    """Everything owed is kept, nothing is sent, until it is resumed."""
    return act.once(lambda session: _set(session, act, name, connections.PAUSED, body.why))


@router.post("/connections/{name}:resume", summary="Call it again", responses=ACTS)
def resume(act: OperatorAct, name: str, body: Why) -> Response:
    """And its parts. What has bad credentials still is paused again by the first call."""
    return act.once(lambda session: _set(session, act, name, connections.OPEN, body.why))


class ConnectionSet(BaseModel):
    name: str
    state: str


def _set(session: Session, act: OperatorAct, name: str, state: str, why: str) -> ConnectionSet:
    if not connections.set_by_person(session, name, state, reason=why, now=act.now):
        raise not_found(f"connection {name}")
    act.record(session, "pause" if state == connections.PAUSED else "resume", name, reason=why)
    return ConnectionSet(name=name, state=state)


def _row(session: Session, delivery_id: str) -> DeliveryRow:
    row = store.one(session, delivery_id)
    if row is None:
        raise not_found(f"delivery {delivery_id}")
    return row


def _keys(session: Session, rows: Sequence[DeliveryRow]) -> dict[str, str]:
    return latest.keys(session, [ref for row in rows for ref in (row.subject, row.target_ref)])


def _whole(session: Session, row: DeliveryRow, veil: Veil, *, bodies: bool) -> WholeDelivery:
    tries = [
        attempt_view(one, said=veil.words(one.error, row.args), bodies=bodies)
        for one in store.attempts(session, row.id)
    ]
    values: dict[str, Any] = DeliveryView.of(row, veil, _keys(session, [row])).model_dump()
    result = dict(row.result or {})
    if not bodies:
        for personal in ("wrote", "strangers"):
            result.pop(personal, None)
    return WholeDelivery(
        **values,
        rule_version=row.rule_version,
        write_key=row.write_key,
        ordering_key=row.ordering_key,
        needs=row.needs,
        expires_at=row.expires_at,
        stale_at=row.stale_at,
        args=row.args if bodies else None,
        result=result,
        attempts=tries,
        carried=joining.carried(session, row),
    )
