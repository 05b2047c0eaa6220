"""Finding deliveries: the filter that the log, the groups, replays and cancels share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, func, or_, select, text
from sqlalchemy.orm import Session

from bridge.access.paging import Word
from bridge.canonical.event import Origin
from bridge.outbox.tables import DEAD, NOT_OVER, OPEN, DeliveryRow, State, spelled

MOST_IDS = 10_000  # SQLite takes some 30,000 values in a statement


class Filter(BaseModel):
    """Every part that is given must fit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ids: tuple[Word, ...] = Field(default=(), max_length=MOST_IDS)
    state: tuple[State, ...] = ()
    connection: Word | None = None
    rule: Word | None = None
    action: Word | None = Field(default=None, description="As `jira.create_issue`.")
    subject: Word | None = Field(default=None, description="The ref of the record it is about.")
    customer: Word | None = None
    origin: Origin | None = None
    event: Word | None = None
    message: Word | None = None
    error: Word | None = Field(
        default=None,
        description="How, or with which code of the vendor, it failed: `permanent`, `ambiguous`, `404`.",
    )
    group: Word | None = Field(
        default=None, description="The cause, as `/deliveries/groups` names it."
    )
    hold: Word | None = None
    uncertain: bool | None = Field(default=None, description="It may have been taken twice.")
    since: datetime | None = Field(default=None, description="Owed at that time or later.")
    until: datetime | None = Field(default=None, description="Owed before.")
    text: Word | None = Field(default=None, description="Words of the error.")

    @property
    def is_open(self) -> bool:
        """Whether nothing fits that is over."""
        return bool(self.state) and {*OPEN, State.DEAD}.issuperset(self.state)

    @property
    def is_narrow(self) -> bool:
        """Whether an index leads to what fits, however much history there is."""
        ways = (self.ids, self.subject, self.event, self.group, self.hold, self.is_open)
        return any(ways)


class Sought(Filter):
    """The same in the query of a URL, where it stands beside what a page is."""

    model_config = ConfigDict(extra="ignore")


def select_deliveries(wanted: Filter) -> Select[DeliveryRow]:
    """Deliveries that fit; the caller orders and pages by `seq`."""
    query = select(DeliveryRow).where(*_conditions(wanted))
    if wanted.ids:
        query = query.where(DeliveryRow.id.in_(wanted.ids))
    if len(wanted.state) == 1:  # of one state, an index has them in order
        query = query.where(DeliveryRow.state == wanted.state[0])
    elif wanted.state:
        query = query.where(DeliveryRow.state.in_(wanted.state))
    if wanted.is_open:
        query = query.where(spelled(NOT_OVER))
    if wanted.text:
        query = query.where(DeliveryRow.reason.icontains(wanted.text, autoescape=True))
    return query


def strangers(session: Session, wanted: Filter) -> list[str]:
    """Those of its ids that no delivery has."""
    if not wanted.ids:
        return []
    query = select(DeliveryRow.id).where(DeliveryRow.id.in_(wanted.ids))
    known = frozenset(session.scalars(query))
    return [one for one in dict.fromkeys(wanted.ids) if one not in known]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Dead deliveries with one cause."""

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
    sent: Mapping[str, Any]  # by the example


def groups(session: Session, wanted: Filter) -> list[Group]:
    """Dead deliveries by cause, the most frequent first, with the newest of each as the example."""
    counted = (
        select(
            DeliveryRow.error_group,
            func.count().label("count"),
            func.min(DeliveryRow.finished_at).label("first_at"),
            func.max(DeliveryRow.finished_at).label("last_at"),
            func.max(DeliveryRow.seq).label("newest"),
        )
        .where(*_conditions(wanted), spelled(DEAD))
        .group_by(DeliveryRow.error_group)
        .subquery()
    )
    query = (
        select(DeliveryRow, counted)
        .join(counted, DeliveryRow.seq == counted.c.newest)
        .order_by(counted.c.count.desc(), counted.c.newest.desc())
    )
    return [_group(row) for row in session.execute(query)]


def _group(row: Any) -> Group:
    example: DeliveryRow = row[0]
    return Group(
        group=example.error_group,
        connection=example.connection,
        rule=example.rule,
        action=example.action,
        kind=example.error_kind,
        code=example.error_code,
        count=row.count,
        first_at=row.first_at,
        last_at=row.last_at,
        example=example.id,
        said=example.reason,
        sent=example.args,
    )


def _conditions(wanted: Filter) -> list[Any]:
    equal = {
        DeliveryRow.connection: wanted.connection,
        DeliveryRow.rule: wanted.rule,
        DeliveryRow.action: wanted.action,
        DeliveryRow.subject: wanted.subject,
        DeliveryRow.customer: wanted.customer,
        DeliveryRow.origin: wanted.origin,
        DeliveryRow.event_id: wanted.event,
        DeliveryRow.message_id: wanted.message,
        DeliveryRow.hold_id: wanted.hold,
        DeliveryRow.uncertain: wanted.uncertain,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if wanted.error is not None:
        said = (DeliveryRow.error_kind, DeliveryRow.error_code)
        conditions.append(or_(*(column == wanted.error for column in said)))
    if wanted.group is not None:
        conditions += [
            DeliveryRow.error_group == wanted.group,
            DeliveryRow.error_group != text("''"),
        ]
    if wanted.since:
        conditions.append(DeliveryRow.created_at >= wanted.since)
    if wanted.until:
        conditions.append(DeliveryRow.created_at < wanted.until)
    return conditions
