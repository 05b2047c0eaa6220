"""Audits and differences as they are shown. Personal data and free text stay behind a veil."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from sqlalchemy.orm import Session

from bridge.canonical.personal import HIDDEN
from bridge.canonical.quoted import unquoted
from bridge.ledger.tables import DifferenceRow, DriftRow
from bridge.pipeline.drift import store

NUMBER: JsonDict = {
    "links": 200, "in_step": 197, "drifted": 2, "under_way": 1, "fields": 796, "fields_in_step": 793,
    "lost": 2, "refused": 1,
}  # fmt: skip
SHOWN: JsonDict = {
    "id": "drf_7rq326q22vg7",
    "principal": "Bridge (clock)",
    "why": "",
    "state": "done",
    "problem": "",
    "sample": 200,
    "share": 0.98995,
    "counts": NUMBER,
    "begun_at": "2026-11-26T02:00:00Z",
    "ended_at": "2026-11-26T02:00:09Z",
    "repaired_at": None,
}


class DriftView(BaseModel):
    """An audit. `share`: of the links that could be compared, those in which every field agrees.

    `counts`: by outcome, links `in_step`, `drifted`, `under_way` (something is on its way, or waits for
    a person), `stopped` and `unknown`; `fields` and `fields_in_step`; differences by cause: `lost`,
    `edited`, `refused`, `unmapped`; and what a repair came to.
    """

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [SHOWN]})

    id: str
    principal: str
    why: str
    state: str
    problem: str
    sample: int | None
    share: float | None
    counts: Mapping[str, int]
    begun_at: datetime
    ended_at: datetime | None
    repaired_at: datetime | None

    @classmethod
    def of(cls, row: DriftRow) -> Self:
        names = set(cls.model_fields) - {"share"}
        return cls(share=store.share(row.counts), **{name: getattr(row, name) for name in names})


class DifferenceView(BaseModel):
    """Two fields that do not agree, as they were read; with no `field`, two records. A key is what
    people call a record by, where it has one.

    `cause`: `lost` (what stands there was never told), `edited` (it is known, and nothing is on its
    way), `refused` (what was to mend it is dead), `unmapped` (it has no form at the other end).
    `writes`: the record that a repair would write to. `outcome`, of a repair: `owed` (on its way),
    `asked` (a person says whose value counts), `in_step` (written already, or changed by somebody
    since), `stopped`, or `gone` (linked no more).
    """

    model_config = ConfigDict(frozen=True)

    seq: int
    link_id: str
    sync: str
    field: str
    left_ref: str
    left_key: str | None
    right_ref: str
    right_key: str | None
    left_value: Any
    right_value: Any
    cause: str
    reason: str
    writes: str
    outcome: str

    @classmethod
    def of(cls, row: DifferenceRow, keys: Mapping[str, str | None], *, revealed: bool) -> Self:
        """`keys`: of records, by their refs."""
        named = {"left_key": keys.get(row.left_ref), "right_key": keys.get(row.right_ref)}
        shown = {name: getattr(row, name) for name in cls.model_fields if name not in named} | named
        if row.private and not revealed:
            values = {"left_value": row.left_value, "right_value": row.right_value}
            shown |= {name: None if value is None else HIDDEN for name, value in values.items()}
            shown["reason"] = unquoted(row.reason, values)
        return cls(**shown)


class RunForm(BaseModel):
    """A `sample` of so many links, or all of them."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"sample": 500, "why": "after the outage"}]}
    )

    sample: int | None = Field(default=None, ge=1, le=1_000_000, description="left out: all")
    why: str = Field(default="", max_length=1_000)


class RepairForm(BaseModel):
    """With `dry_run` the plan is shown, and nothing is done."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"dry_run": True}, {"why": "looked at"}]}
    )

    dry_run: bool = False
    why: str = Field(default="", max_length=1_000)


class RepairPlan(BaseModel):
    """What a repair would do. `writes`: by connection, to how many of its records; each at most once.

    `reads`: records that are read again first. `asks`: fields that both ends have changed and a person
    decides. `left`: differences that no repair can mend, by cause.
    """

    id: str
    state: str
    writes: Mapping[str, int]
    reads: int
    asks: int
    left: Mapping[str, int]
    differences: int

    @classmethod
    def of(cls, session: Session, row: DriftRow) -> Self:
        return cls(
            id=row.id,
            state=row.state,
            writes=store.planned(session, row.id),
            reads=2 * store.repairable_links(session, row.id),
            asks=store.asked(session, row.id),
            left=store.left_alone(session, row.id),
            differences=store.count(session, row.id),
        )
