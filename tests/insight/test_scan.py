"""Reading in pages: nothing is missed or read twice, and a window that is over stays what it was."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bridge.db import Database
from bridge.insight.book import CASES, EVENTS, Name, stats
from bridge.insight.scan import scan
from bridge.insight.window import Window
from bridge.ledger.tables import EventRow, LinkRow
from bridge.outbox.tables import DeliveryRow
from insight.week import act


@pytest.mark.parametrize("name", list(Name))
def test_pages_of_one_row_read_the_same_as_one_page(
    week: Database, during: Window, name: Name
) -> None:
    register = CASES[name]

    assert list(scan(week, register, during, chunk=1)) == list(scan(week, register, during))


def test_rows_of_one_moment_are_each_read_once(week: Database, during: Window) -> None:
    with week.transaction() as session:
        session.execute(update(EventRow).values(recorded_at=during.since))

    read = [one.event for one in scan(week, EVENTS, during, chunk=3)]

    assert len(read) == len(set(read)) == 37


def test_what_ends_later_does_not_change_a_window_that_is_over(week: Database) -> None:
    over = Window(
        since=datetime(2026, 11, 16, 9, tzinfo=UTC), until=datetime(2026, 11, 21, tzinfo=UTC)
    )
    before = stats(week, over)
    later = over.until + timedelta(hours=1)

    with week.transaction() as session:
        session.execute(
            update(LinkRow)
            .where(LinkRow.id == "l3")
            .values(state="live", right_ref="jira:issue:3", resolved_at=later)
        )
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == "p17")
            .values(state="succeeded", finished_at=later)
        )
        act(session, "jira:issue:7", "work_item", at=later)
        act(session, "sf:Case:2", "feedback", at=later)

    after = stats(week, over)
    now = stats(week, Window(since=over.since, until=later + timedelta(hours=1)))
    assert after.feedback_to_task == before.feedback_to_task
    assert after.seam_to_engineering == before.seam_to_engineering
    assert after.seam_to_customer == before.seam_to_customer
    assert after.progress_to_board.n == before.progress_to_board.n
    assert now.feedback_to_task.n == before.feedback_to_task.n + 1
    assert now.seam_to_engineering.n == before.seam_to_engineering.n + 1
    assert now.seam_to_customer.n == before.seam_to_customer.n + 1
