"""What explains an event or a record, as programs read it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from bridge.ledger.link_view import LinkView, link_views
from bridge.pipeline.alerting.fates import Key
from bridge.pipeline.explaining.event import Explained
from bridge.pipeline.explaining.record import ExplainedRecord
from bridge.pipeline.fates import Fate
from bridge.pipeline.syncing.standings import SyncStanding
from bridge.rules.account import Account, Write
from bridge.rules.why_not import Failed, Fix, WhyNot


class FailedTerm(BaseModel):
    """A part of a condition that did not hold: as CEL, in words, and what stood in its fields."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "term": 'feedback.severity in ["critical", "high"]',
                    "words": "severity is low; the rule needs critical or high",
                    "fields": {"feedback.severity": "low"},
                }
            ]
        }
    )

    term: str
    words: str
    fields: dict[str, str]


class NeededChange(BaseModel):
    """`options`: values that would do; where there are many, some of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "field": "feedback.severity",
                    "now": "low",
                    "words": "severity is critical or high",
                    "options": ["critical", "high"],
                }
            ]
        }
    )

    field: str
    now: str
    words: str
    options: list[Any]


class FateView(BaseModel):
    """What became of one delivery. `tries`: as far as attempts are kept. `by`: the delivery that it
    went out with, gave way to, or waits behind."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "delivery": "dlv_fsulxuzv3npn3iydn7ffmuilsq",
                    "state": "succeeded",
                    "words": ["sent 2026-11-26 03:51:40 UTC at the first try: ENG-1"],
                    "tries": 1,
                    "at": "2026-11-26T03:51:40Z",
                    "key": "ENG-1",
                    "url": "https://example.atlassian.net/browse/ENG-1",
                    "by": None,
                    "hold": None,
                    "remedy": "",
                    "command": "",
                }
            ]
        },
    )

    delivery: str
    state: str
    words: list[str]
    tries: int
    at: datetime | None
    key: str
    url: str
    by: str | None
    hold: str | None
    remedy: str
    command: str


class ExplainedWrite(BaseModel):
    """One step: what it writes, and what became of it. `failed`: why its own condition says no.

    Of what is personal data or free text, `values` hold `(not shown)`. `alert`: of what is told
    together with others, what became of it in words.
    """

    step: str
    action: str
    connection: str
    about: str
    values: dict[str, Any]
    waits_for: list[str]
    failed: list[FailedTerm]
    became: list[FateView]
    alert: list[str]


class ExplainedDecision(BaseModel):
    """One rule's answer, for one linked record (`target`) if the rule says `each`.

    `fixes` are sets of changes under which the condition holds, fewest changes first, each proved
    by evaluating the changed event; `unsolved` says why there are none. `would`: what would be
    written after the first of them, and `would_fail` why that could not be made.
    """

    rule: str
    description: str
    answer: str
    reason: str
    target: str
    linked: str
    condition: str
    detail: dict[str, Any]
    failed: list[FailedTerm]
    fixes: list[list[NeededChange]]
    unsolved: str
    writes: list[ExplainedWrite]
    would: list[ExplainedWrite]
    would_fail: str


class NotAsked(BaseModel):
    """A rule that the event does not concern."""

    rule: str
    description: str
    reason: str


class ExplainedSync(BaseModel):
    """What one sync said of one link (`target`): field by field, and the deliveries it owed."""

    sync: str
    target: str
    reasons: list[str]
    deliveries: list[str]


class ExplainedEvent(BaseModel):
    """`under`: the rules that were asked; empty where none could be, and `notes` say why."""

    event: str
    kind: str
    subject: str
    occurred_at: datetime
    under: str
    decided_under: str | None
    notes: list[str]
    decisions: list[ExplainedDecision]
    not_asked: list[NotAsked]
    syncs: list[ExplainedSync]
    deliveries: list[str]
    became: list[FateView]
    text: str


class ExplainedRecordView(BaseModel):
    """`open`: deliveries about it that are on their way, held, waiting or dead. `syncs`: how the fields
    that agree with those of a linked record stand now, by what is known of both."""

    ref: str
    kind: str
    key: str | None
    url: str | None
    links: list[LinkView]
    open: list[FateView]
    syncs: list[SyncStanding]
    events: list[ExplainedEvent]
    text: str


def event_view(one: Explained) -> ExplainedEvent:
    row = one.event
    return ExplainedEvent(
        event=row.id,
        kind=row.kind,
        subject=row.subject,
        occurred_at=row.occurred_at,
        under=one.under,
        decided_under=row.rule_version,
        notes=list(one.notes),
        decisions=[_decision(each, one) for each in one.accounts if each.decision is not None],
        not_asked=[
            NotAsked(rule=each.rule.id, description=each.rule.form.description, reason=each.apart)
            for each in one.accounts
            if each.decision is None
        ],
        syncs=[
            ExplainedSync(
                sync=each.sync,
                target=each.link,
                reasons=list(each.reasons),
                deliveries=[row.id for row in each.rows],
            )
            for each in one.syncs
        ],
        deliveries=[delivery.id for delivery in one.deliveries],
        became=_fates(one.fates.values()),
        text=one.text,
    )


def record_view(session: Session, one: ExplainedRecord) -> ExplainedRecordView:
    return ExplainedRecordView(
        ref=one.record.ref,
        kind=one.record.kind,
        key=one.record.key,
        url=one.record.url,
        links=link_views(session, one.links),
        open=_fates(fate for _, fate in one.open),
        syncs=list(one.syncs),
        events=[event_view(each) for each in one.events],
        text=one.text,
    )


def _decision(account: Account, one: Explained) -> ExplainedDecision:
    decision = account.decision
    assert decision is not None
    why, linked = account.why, account.linked
    return ExplainedDecision(
        rule=decision.rule,
        description=account.rule.form.description,
        answer=decision.answer,
        reason=decision.reason,
        target=decision.target,
        linked=(linked.key or linked.ref or "") if linked else "",
        condition=account.rule.form.condition or "",
        detail=dict(decision.detail),
        failed=_failed(why),
        fixes=_fixes(why.fixes if why else ()),
        unsolved=why.unsolved if why else "",
        writes=[
            _write(write, one, (decision.rule, write.step, decision.target))
            for write in account.writes
        ],
        would=[_write(write, one, None) for write in account.would],
        would_fail=account.would_fail,
    )


def _write(write: Write, one: Explained, key: Key | None) -> ExplainedWrite:
    """`key` of what was really asked: rule, step and target."""
    fates = [one.fates[row.id] for row in one.deliveries if (row.rule, row.step, row.target) == key]
    return ExplainedWrite(
        step=write.step,
        action=write.action,
        connection=write.connection,
        about=write.about,
        values=dict(write.values),
        waits_for=list(write.waits_for),
        failed=_failed(write.why),
        became=_fates(fates),
        alert=list(one.became.get(key, ())) if key and not fates else [],
    )


def _failed(why: WhyNot | None) -> list[FailedTerm]:
    return [_term(one) for one in why.failed] if why else []


def _term(one: Failed) -> FailedTerm:
    return FailedTerm(term=one.term, words=one.words, fields=dict(one.fields))


def _fixes(fixes: Iterable[Fix]) -> list[list[NeededChange]]:
    return [
        [
            NeededChange(
                field=change.field,
                now=change.now,
                words=change.words,
                options=list(change.options),
            )
            for change in fix.changes
        ]
        for fix in fixes
    ]


def _fates(found: Iterable[Fate]) -> list[FateView]:
    return [FateView.model_validate(one) for one in found]
