"""Groups, alerts, cards and silences as people read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bridge.access.veil import Veil
from bridge.alerts import silences
from bridge.alerts.machine import State
from bridge.alerts.silences import Silence
from bridge.alerts.tables import AlertRow, CardRow, GroupRow, SilenceRow

GroupState = Literal["firing", "waiting", "silenced", "resolved", "over"]


class AlertView(BaseModel):
    """One alert. `waits_until`: its `for` is over then. `times`: so many events said so."""

    id: str
    state: State
    silenced_by: str | None
    reason: str
    subject: str
    event_id: str
    labels: Mapping[str, str]
    times: int
    raised_at: datetime
    waits_until: datetime | None
    told_at: datetime | None
    resolved_at: datetime | None
    ended_at: datetime | None
    delivery_id: str | None


class CardView(BaseModel):
    """One card: `why` is new, again, still, resolved, or summary for what had to wait."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    delivery_id: str
    at: datetime
    why: str
    firing: int
    resolved: int


class AlertGroupView(BaseModel):
    """Alerts that are told in one card, and how they stand.

    `firing`: people were told, and it goes on. `waiting`: it is to be told (`look_at`: when that is
    seen to). `silenced`: all that is open. `resolved`: its end is to be told. `over`: nothing is open.
    """

    seq: int
    id: str
    state: GroupState
    rule: str
    step: str
    receiver: str
    title: str
    labels: Mapping[str, str]
    counts: Mapping[str, int]
    cards: int
    told_at: datetime | None
    look_at: datetime | None


class WholeGroup(AlertGroupView):
    """With its alerts, open ones first, and its cards, newest first."""

    alerts: list[AlertView]
    cards_told: list[CardView]


class SilenceView(BaseModel):
    """What is not told, until when, and who says so."""

    seq: int
    id: str
    state: Literal["active", "pending", "expired"]
    matchers: list[str]
    author: str
    comment: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    expired_by: str


def alert_view(row: AlertRow, active: Sequence[Silence], veil: Veil) -> AlertView:
    is_open = row.state != State.OVER
    silence = silences.silencing(active, row.labels) if is_open else None
    return AlertView(
        id=row.id,
        state=State(row.state),
        silenced_by=silence.id if silence is not None else None if is_open else row.silence_id,
        reason=row.reason,
        subject=row.subject,
        event_id=row.event_id,
        labels=veil.labels(row.labels),
        times=row.times,
        raised_at=row.raised_at,
        waits_until=row.ready_at if row.state == State.PENDING else None,
        told_at=row.told_at,
        resolved_at=row.resolved_at,
        ended_at=row.ended_at,
        delivery_id=row.delivery_id,
    )


def group_view(
    row: GroupRow, alerts: Sequence[AlertRow], active: Sequence[Silence], veil: Veil
) -> AlertGroupView:
    """`alerts`: those of the group that are open."""
    return AlertGroupView(**_group(row, alerts, active, veil))


def whole_group(
    row: GroupRow,
    alerts: Sequence[AlertRow],
    cards: Sequence[CardRow],
    active: Sequence[Silence],
    veil: Veil,
) -> WholeGroup:
    """`alerts`: open ones, and some that are over."""
    return WholeGroup(
        **_group(row, [one for one in alerts if one.state != State.OVER], active, veil),
        alerts=[alert_view(one, active, veil) for one in alerts],
        cards_told=[CardView.model_validate(one) for one in cards],
    )


def silence_view(row: SilenceRow, now: datetime) -> SilenceView:
    names = set(SilenceView.model_fields) - {"state"}
    values = {name: getattr(row, name) for name in names}
    return SilenceView.model_validate({**values, "state": silences.state_of(row, now)})


def _group(
    row: GroupRow, alerts: Sequence[AlertRow], active: Sequence[Silence], veil: Veil
) -> dict[str, object]:
    counts = {"firing": 0, "waiting": 0, "silenced": 0, "resolved": 0}
    for one in alerts:
        counts[_state(one, active)] += 1
    state = next((name for name, number in counts.items() if number), "over")
    names = ("seq", "id", "rule", "step", "receiver", "cards", "told_at", "look_at")
    shown = {name: getattr(row, name) for name in names}
    shown |= {"labels": veil.labels(row.labels), "title": veil.text(row.title_or_labels)}
    return {**shown, "state": state, "counts": counts}


def _state(row: AlertRow, active: Sequence[Silence]) -> str:
    if silences.silencing(active, row.labels) is not None:
        return "silenced"
    if row.state == State.RESOLVED:
        return "resolved"
    return "firing" if row.told_at is not None else "waiting"
