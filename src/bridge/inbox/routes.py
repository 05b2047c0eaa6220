"""`/api/v1/messages`: what came in, byte for byte, and having it read again."""

import base64
from datetime import datetime
from typing import Annotated, Any, Self

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bridge.access import audit
from bridge.access.guard import Operator, Viewer
from bridge.access.paging import Page, Turn, Word
from bridge.access.problems import ACTS, READS, not_found
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data, Time
from bridge.canonical.text import storable
from bridge.inbox import store
from bridge.inbox.tables import MessageRow, MessageState

MOST = 500
router = APIRouter(prefix="/api/v1/messages", tags=["messages"], responses=READS)


class MessageView(BaseModel):
    """A message without its body."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    seq: int
    id: str
    connection: str
    received_at: datetime
    size: int
    event_type: str
    origin: str
    state: MessageState
    reason: str
    translated_at: datetime | None


class WholeMessage(MessageView):
    """With headers and body; `body` is base64 where it is no text. Null: retention has thinned it."""

    headers: dict[str, Any]
    body: str | None
    is_base64: bool


class Retranslation(BaseModel):
    """Which messages are to be read again: these ids, or the oldest of a state and connection.

    What waits to be translated anyway is chosen by its id alone.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"state": "bad", "connection": "jira"}]}
    )

    ids: tuple[Word, ...] = Field(default=(), max_length=MOST)
    state: MessageState | None = None
    connection: Word | None = None
    most: int = Field(default=MOST, ge=1, le=100_000)

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if bool(self.ids) == bool(self.state or self.connection):
            raise ValueError("name messages by ids, or by state, connection or both")
        return self


class Retranslated(BaseModel):
    """`missing`: ids that are not known, or whose body retention has thinned."""

    count: int
    missing: tuple[str, ...] = ()


@router.get("", summary="What came in")
def listing(
    _: Viewer,
    database: Data,
    turn: Turn,
    connection: Annotated[Word | None, Query()] = None,
    state: MessageState | None = None,
    event_type: Annotated[Word | None, Query()] = None,
) -> Page[MessageView]:
    """Messages, the newest first, without bodies."""
    query = store.listing(connection=connection, state=state, event_type=event_type)
    with database.reading() as session:
        read = turn.span.read if store.is_narrow(state) else turn.span.look
        found = read(session, query, MessageRow.seq)
    return turn.page(
        found.rows,
        seq=lambda row: row.seq,
        item=MessageView.model_validate,
        stopped_at=found.stopped_at,
    )


@router.get("/{message_id}", summary="One message as it came; audited")
def one(who: Operator, database: Data, clock: Time, message_id: str) -> WholeMessage:
    """With headers and body. Bodies hold personal data: this needs the role operator, and who
    looked is in the audit."""
    with database.transaction() as session:
        row = store.one(session, storable(message_id))
        if row is None:
            raise not_found(f"message {message_id}")
        audit.record(session, who, "reveal", row.id, reason="", difference=None, now=clock.now())
        return _whole(row)


@router.post(":retranslate", summary="Read messages again", responses=ACTS)
def retranslate(act: OperatorAct, wish: Retranslation) -> Response:
    """Translate them anew, after a source or Bridge was mended. Known facts are not doubled."""

    def work(session: Session) -> Retranslated:
        back = store.retranslate(session, _chosen(wish))
        act.record(
            session, "retranslate", f"{len(back)} messages", difference=wish.model_dump(mode="json")
        )
        return Retranslated(count=len(back), missing=tuple(sorted(set(wish.ids) - set(back))))

    return act.once(work)


def _chosen(wish: Retranslation) -> Select[MessageRow]:
    if wish.ids:
        return select(MessageRow).where(MessageRow.id.in_(sorted(set(wish.ids))))
    query = store.listing(connection=wish.connection, state=wish.state, event_type=None)
    waits = MessageRow.state == MessageState.PENDING
    return query.where(~waits).order_by(MessageRow.seq).limit(wish.most)


def _whole(row: MessageRow) -> WholeMessage:
    text, is_base64 = _text(row.body)
    return WholeMessage(
        **MessageView.model_validate(row).model_dump(),
        headers=orjson.loads(row.headers or b"{}"),
        body=text,
        is_base64=is_base64,
    )


def _text(body: bytes | None) -> tuple[str | None, bool]:
    if body is None:
        return None, False
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True
