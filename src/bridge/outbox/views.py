"""Deliveries, attempts, holds and connections as people read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from bridge.access.veil import Veil
from bridge.outbox.budgets.views import LimitView
from bridge.outbox.cause import command, remedy
from bridge.outbox.search import Group
from bridge.outbox.tables import AttemptRow, DeliveryRow, State


class DeliveryView(BaseModel):
    """One line of the sync log. A key is what people call a record by, where it has one."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    seq: int
    id: str
    state: State
    reason: str
    connection: str
    action: str
    rule: str
    step: str
    subject: str
    subject_key: str | None
    target_ref: str | None
    target_key: str | None
    event_id: str | None
    message_id: str | None
    replay_id: str
    tries: int
    uncertain: bool
    error_kind: str
    error_code: str
    error_group: str
    not_before: datetime
    superseded_by: str | None
    hold_id: str | None
    occurred_at: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: DeliveryRow, veil: Veil, keys: Mapping[str, str]) -> Self:
        """As it is shown to whoever asks. `keys`: of records, by their refs."""
        named = {"subject_key": keys.get(row.subject), "target_key": keys.get(row.target_ref or "")}
        shown = {name: getattr(row, name) for name in cls.model_fields if name not in named} | named
        return cls(**{**shown, "reason": veil.words(row.reason, row.args)})


class AttemptView(BaseModel):
    """One try. `exchanges` hold bodies only for who may see them."""

    number: int
    node: str
    started_at: datetime
    seconds: float
    outcome: str
    error: str
    error_code: str
    exchanges: list[dict[str, Any]]


class WholeDelivery(DeliveryView):
    """With the frozen action's values, its result, its attempts, and whose values its call carried."""

    rule_version: str
    write_key: str
    ordering_key: str
    needs: dict[str, str]
    expires_at: datetime | None
    stale_at: datetime | None
    args: dict[str, Any] | None
    result: dict[str, Any] | None
    attempts: list[AttemptView]
    carried: list[str]


class GroupView(BaseModel):
    """Dead deliveries with one cause, what the vendor said, and what to do."""

    group: str
    connection: str
    rule: str
    action: str
    kind: str
    code: str
    count: int
    first_at: datetime
    last_at: datetime
    example: str
    said: str
    remedy: str
    command: str


class HoldView(BaseModel):
    """Who may decide, until when, and what `then`: release or discard, by itself.

    `doing`: which of both is under way, after the decision, until it has reached every delivery.
    `spared_until`: its rule is not held anew before, whatever it writes.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    kind: str
    about: str
    connection: str | None
    rule: str | None
    reason: str
    owner: str
    may_decide: str
    state: str
    until: datetime | None
    then: str
    doing: str
    decisions: list[dict[str, Any]]
    created_at: datetime
    decided_at: datetime | None
    spared_until: datetime | None


class PausedPart(BaseModel):
    """A part of a connection that is down alone: `teams|channel:alerts`. `state` as a connection's."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    name: str
    state: str
    since: datetime
    reason: str
    probe_at: datetime | None


class ConnectionView(BaseModel):
    """`open`: called. `credentials`: refused, `broken`: does not answer; both until a probe succeeds,
    the next at `probe_at`. `probing`: broken, and a probe is out. `paused`: by a person.

    `breaker` is the same in a breaker's words: `closed`, `open` or `half_open`.
    """

    name: str
    system: str
    mode: str
    state: str
    breaker: str
    since: datetime
    reason: str
    probe_at: datetime | None
    last_message_at: datetime | None
    paused_parts: list[PausedPart]
    open_deliveries: dict[str, int]
    limits: list[LimitView]


def attempt_view(row: AttemptRow, *, said: str, bodies: bool) -> AttemptView:
    """`said`: its error, as it may be shown. Without `bodies`, requests and answers are left out: they hold personal data."""
    shown = row.exchanges or []
    if not bodies:
        shown = [
            {name: value for name, value in exchange.items() if name not in {"request", "response"}}
            for exchange in shown
        ]
    return AttemptView(
        number=row.number,
        node=row.node,
        started_at=row.started_at,
        seconds=row.seconds,
        outcome=row.outcome,
        error=said,
        error_code=row.error_code,
        exchanges=shown,
    )


def group_view(found: Group, veil: Veil) -> GroupView:
    shown = {name: value for name, value in vars(found).items() if name != "sent"}
    return GroupView(
        **{**shown, "said": veil.words(found.said, found.sent)},
        remedy=remedy(found.kind, found.code),
        command=command(found.group),
    )
