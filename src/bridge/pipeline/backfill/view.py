"""A backfill as people read it: how far it is, what it costs, how long it takes."""

from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bridge.inbox.tables import BackfillRow
from bridge.pipeline.backfill.pacing import Quota


class Use(BaseModel):
    """What is left of a quota beside its reserve, and which part of that the calls are.

    `part` of 1 is all of it; null: nothing is left now.
    """

    model_config = ConfigDict(frozen=True)

    limit: str
    left: int
    part: float | None

    @classmethod
    def of(cls, quota: Quota, calls: int) -> Self:
        part = round(calls / quota.left, 4) if quota.left else None
        return cls(limit=quota.name, left=quota.left, part=part)


class Cost(BaseModel):
    """What is still to be done: calls to the vendor, their part of its quotas, and about how long."""

    model_config = ConfigDict(frozen=True)

    calls: int
    quotas: tuple[Use, ...]
    seconds: float


class BackfillView(BaseModel):
    """`found` records, of which `known` were known as they are; `done` of `total` are read.

    `brought` of those went into the inbox, the others are gone at the vendor. `problem`: why it does
    not go on; it is tried again at `not_before`. `cost`: of what is left, while it is not over.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "bfl_7rq326q22vg77api73qlizxvdq",
                    "state": "running",
                    "problem": "",
                    "source": "engineering-work",
                    "query": "project = ENG",
                    "since": None,
                    "history": True,
                    "share": 0.5,
                    "principal": "anna",
                    "why": "the year so far",
                    "found": 20000,
                    "known": 120,
                    "total": 19880,
                    "done": 4300,
                    "brought": 4298,
                    "calls": 84,
                    "records_a_second": 212.5,
                    "cost": {
                        "calls": 156,
                        "quotas": [{"limit": "calls", "left": 90000, "part": 0.0017}],
                        "seconds": 73.3,
                    },
                    "not_before": "2026-11-23T09:00:20Z",
                    "created_at": "2026-11-23T08:59:00Z",
                    "expires_at": "2026-11-24T08:59:10Z",
                    "started_at": "2026-11-23T09:00:00Z",
                    "finished_at": None,
                }
            ]
        },
    )

    id: str
    state: str
    problem: str
    source: str
    query: str
    since: AwareDatetime | None
    history: bool
    share: float
    principal: str
    why: str
    found: int
    known: int
    total: int
    done: int
    brought: int
    calls: int = Field(description="made to the vendor so far")
    records_a_second: float | None = Field(description="since it was run or resumed last")
    cost: Cost | None
    not_before: datetime
    created_at: datetime
    expires_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: BackfillRow, *, cost: Cost | None, now: datetime) -> Self:
        wished = {name: row.wish[name] for name in ("source", "query", "since", "history", "share")}
        own = set(cls.model_fields) - wished.keys() - {"records_a_second", "cost"}
        rows = {name: getattr(row, name) for name in own}
        return cls(**rows, **wished, cost=cost, records_a_second=pace(row, now=now))


def pace(row: BackfillRow, *, now: datetime) -> float | None:
    """Records a second, since it was run or resumed; `None` before there is anything to tell."""
    until = row.finished_at or now
    if row.resumed_at is None or until <= row.resumed_at or row.done <= row.resumed_from:
        return None
    passed = (until - row.resumed_at).total_seconds()
    return round((row.done - row.resumed_from) / passed, 1)
