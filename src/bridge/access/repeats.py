"""Requests that may be sent again: an `Idempotency-Key` makes one act of them.

The answer is kept for a day, per principal. The same key with another request is 422, one whose
first request still runs is 409, none is 400. Only what succeeded is kept: a request that was
refused may be mended and sent again under its key.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bridge.access import audit
from bridge.access.guard import needs
from bridge.access.keys import Principal, Role
from bridge.access.problems import Problem
from bridge.access.state import Data, Time
from bridge.access.tables import RepeatableRow
from bridge.db import Database, insert_once

KEPT_FOR = timedelta(hours=24)
RUNNING_FOR = timedelta(minutes=10)  # after this a first request that never ended is given up
RUNNING = 0
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_PLAIN = re.compile(r"[\x20-\x7e]{1,255}")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Required. A new value for each act, the same one when it is sent again.",
        examples=['"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
    ),
]


@dataclass(frozen=True, kw_only=True)
class Act:
    """One request of a principal to do something, at most once."""

    principal: Principal
    database: Database
    now: datetime
    identity: str
    fingerprint: str

    def once(
        self,
        work: Callable[[Session], BaseModel],
        *,
        status: int = 200,
        secret: frozenset[str] = frozenset(),
    ) -> Response:
        """Do `work` and keep its answer in one transaction, or answer as the first time.

        `secret`: members that are answered once and never stored; a repeat has them as null.
        """
        with self.database.transaction() as session:
            before = self._claim(session)
            if before is not None:
                return before
            done = work(session)
            kept = done.model_copy(update=dict.fromkeys(secret))
            self._keep(session, status, kept.model_dump_json().encode())
        return _answer(status, done.model_dump_json().encode())

    def once_outside(self, work: Callable[[], BaseModel], *, status: int = 200) -> Response:
        """The same for work that cannot be in a transaction, because it asks the outside.

        Work that raises frees the key. Work that died with its process frees it after ten minutes.
        """
        with self.database.transaction() as session:
            before = self._claim(session)
        if before is not None:
            return before
        try:
            body = work().model_dump_json().encode()
        except BaseException:
            with self.database.transaction() as session:
                session.execute(
                    delete(RepeatableRow).where(RepeatableRow.identity == self.identity)
                )
            raise
        with self.database.transaction() as session:
            self._keep(session, status, body)
        return _answer(status, body)

    def record(
        self, session: Session, verb: str, target: str, *, reason: str = "", difference: Any = None
    ) -> None:
        """Write this act into the audit."""
        audit.record(
            session,
            self.principal,
            verb,
            target,
            reason=reason,
            difference=difference,
            now=self.now,
        )

    def _claim(self, session: Session) -> Response | None:
        """The answer of the first request; `None` when this is the first.

        PostgreSQL makes the insert wait for another transaction with the same key, so this one
        answers with that one's result.
        """
        session.execute(
            delete(RepeatableRow).where(
                RepeatableRow.identity == self.identity, RepeatableRow.expires_at <= self.now
            )
        )
        if insert_once(session, RepeatableRow, [self._running()], key="identity"):
            return None
        kept = session.scalars(
            select(RepeatableRow).where(RepeatableRow.identity == self.identity)
        ).one_or_none()
        return _again(kept, self.fingerprint)

    def _running(self) -> dict[str, Any]:
        return {
            "identity": self.identity,
            "fingerprint": self.fingerprint,
            "status": RUNNING,
            "body": b"",
            "expires_at": self.now + RUNNING_FOR,
        }

    def _keep(self, session: Session, status: int, body: bytes) -> None:
        session.execute(
            update(RepeatableRow)
            .where(RepeatableRow.identity == self.identity)
            .values(status=status, body=body, expires_at=self.now + KEPT_FOR)
        )


def acts(role: Role) -> Callable[..., Coroutine[Any, Any, Act]]:
    """A dependency for a POST that acts: the guard of `role`, and the key that makes it one act."""

    async def check(
        request: Request,
        principal: Annotated[Principal, Depends(needs(role))],
        database: Data,
        clock: Time,
        idempotency_key: IdempotencyKey = None,
    ) -> Act:
        return Act(
            principal=principal,
            database=database,
            now=clock.now(),
            identity=_hash(principal.name, parse_key(idempotency_key)),
            fingerprint=_hash(request.method, str(request.url.path), request.url.query)
            + hashlib.sha256(await request.body()).hexdigest(),
        )

    return check


OperatorAct = Annotated[Act, Depends(acts(Role.OPERATOR))]
AdminAct = Annotated[Act, Depends(acts(Role.ADMIN))]


def parse_key(value: str | None) -> str:
    """The key in the header: a quoted string, as the draft has it, or the bare value."""
    if value is None:
        raise _unusable("this acts, so it needs an Idempotency-Key header; a new UUID will do")
    quoted = _QUOTED.fullmatch(value)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value
    if not _PLAIN.fullmatch(key) or (not quoted and '"' in key):
        raise _unusable("it is 1 to 255 printable ASCII characters, quoted or not; a UUID will do")
    return key


def expire(session: Session, *, now: datetime) -> None:
    """Forget the answers that are older than a day."""
    session.execute(delete(RepeatableRow).where(RepeatableRow.expires_at <= now))


def _again(kept: RepeatableRow | None, fingerprint: str) -> Response:
    if kept is None or (kept.status == RUNNING and kept.fingerprint == fingerprint):
        raise Problem(
            "still-running",
            "The first request with this key still runs",
            status=409,
            detail="ask again in a moment with the same Idempotency-Key",
            headers={"Retry-After": "5"},
        )
    if not hmac.compare_digest(kept.fingerprint, fingerprint):
        raise Problem(
            "key-reused",
            "This key belongs to another request",
            status=422,
            detail="an Idempotency-Key stands for one request; send this one with a new key",
        )
    answer = _answer(kept.status, kept.body)
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _answer(status: int, body: bytes) -> Response:
    return Response(body, status, media_type="application/json")


def _unusable(detail: str) -> Problem:
    return Problem(
        "idempotency-key", "The Idempotency-Key cannot be used", status=400, detail=detail
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
