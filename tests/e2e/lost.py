"""The stage with its webhooks cut, and searches that are run to their end."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import httpx
from sqlalchemy import select

from bridge.canonical.ids import random_id
from bridge.demo.run import wait
from bridge.demo.stage import Stage
from bridge.inbox.tables import MessageRow, PollRow
from bridge.pipeline.polling import store
from patience import until

SOURCES = ("customer-feedback", "engineering-work")


def cut(stage: Stage) -> None:
    """Nothing that happens is told from now on."""
    stage.jira.webhook_url = stage.salesforce.outbound_url = stage.salesforce.callout_url = None


def search(stage: Stage) -> None:
    """Each source once, to its end; then all that follows."""
    for source in SOURCES:
        before = row(stage, source).ended_at
        head = {"Authorization": f"Bearer {stage.key.token}", "Idempotency-Key": random_id("run")}
        url = f"{stage.url}/api/v1/polls/{source}:run"
        httpx.post(url, headers=head, timeout=30).raise_for_status()
        assert until(partial(_has_ended, stage, source, before))
    wait(stage, lambda: None)


def row(stage: Stage, source: str) -> PollRow:
    with stage.bridge.database.reading() as session:
        found = store.one(session, source)
    assert found is not None
    return found


def _has_ended(stage: Stage, source: str, before: datetime | None) -> bool:
    return row(stage, source).ended_at != before


def planned(stage: Stage) -> bool:
    """Whether the leader has planned them: what is changed from then on is found."""
    with stage.bridge.database.reading() as session:
        return len(store.rows(session)) >= len(SOURCES)


def told(stage: Stage, since: datetime) -> Sequence[str]:
    """The origins of the messages that came in since."""
    query = select(MessageRow.origin).where(MessageRow.received_at > since)
    with stage.bridge.database.reading() as session:
        return session.scalars(query).all()
