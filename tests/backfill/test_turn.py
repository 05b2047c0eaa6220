"""A backfill stands behind everything else of its system."""

from datetime import timedelta

from backfill.archive import DAY, MINUTE, Archive
from bridge.exchange import Exchange, _recorder
from bridge.inbox.tables import PollRow
from bridge.outbox.budgets.bucket import Bucket, Told
from bridge.pipeline.backfill import store, turn
from bridge.pipeline.backfill.place import CHUNK
from bridge.pipeline.backfill.wish import State
from bridge.pipeline.polling import store as polls
from duties import rows
from pipeline.town import RULES, SOURCES


def call() -> None:
    """As if it had gone over the wire."""
    exchanges = _recorder.get()
    assert exchanges is not None
    exchanges.append(Exchange(method="GET", url="https://crm.test"))


def test_a_poll_that_is_due_goes_first(archive: Archive) -> None:
    searched = SOURCES.replace("  - id: issues\n", "  - id: issues\n    poll: 15m\n")
    searched = searched.replace("connection: tracker", "connection: crm")  # another source of it
    archive.town.live_by(RULES, sources=searched)
    every = {"issues": 15 * MINUTE}
    archive.town.act(lambda session: polls.plan(session, every, now=archive.town.clock.now()))
    archive.fill(3)
    asked = archive.begin()
    archive.town.clock.advance(15 * 60)
    archive.work_off()
    behind = archive.row(asked)
    archive.town.settle()
    archive.town.wait(60)

    assert (behind.done, behind.problem) == (0, "a poll of crm goes first")
    assert archive.row(asked).state == State.DONE


def test_a_poll_of_another_system_does_not_matter(archive: Archive) -> None:
    archive.fill(3)
    asked = archive.begin()
    due = {
        "source": "issues",
        "since": archive.town.clock.now(),
        "due_at": archive.town.clock.now(),
    }
    archive.town.act(lambda session: session.add(PollRow(**due)))
    archive.work_off()

    assert archive.row(asked).state == State.DONE


def test_many_deliveries_go_first(archive: Archive) -> None:
    archive.fill(3)
    asked = archive.begin()
    now = archive.town.clock.now()

    def owe(name: str, count: int, connection: str) -> None:
        owed = [
            rows.delivery(f"{name}{number}", now, "pending", connection=connection, not_before=now)
            for number in range(count)
        ]
        archive.town.act(lambda session: rows.keep(session, *owed))

    owe("other", turn.QUEUE, "tracker")
    owe("few", turn.QUEUE - 1, "crm")
    archive.town.backfilling.step()
    few = archive.row(asked).done
    archive.set(asked, State.RUNNING)
    archive.put("late")
    archive.town.act(lambda session: store.put(session, asked, ["late"]))
    owe("last", 1, "crm")
    archive.work_off()

    assert few == 3
    assert archive.row(asked).problem == "deliveries to crm go first"


def test_what_does_not_fit_into_its_share_is_spread(archive: Archive) -> None:
    """Of 100 calls 10 are the reserve; half of what is left beside it is for this."""
    archive.fill(4 * CHUNK)
    now = archive.town.clock.now()
    asked = archive.begin(share=0.5)
    archive.town.vendors["crm"].reads = call
    rests = []
    for left in (16, 14, 11):
        told = Told(limit=100, left=left, at=now.timestamp(), seconds=86_400.0)
        archive.limit(Bucket(told=told))
        archive.set(asked, State.RUNNING)
        archive.town.backfilling.step()
        while archive.town.intake.drain():
            pass
        rests.append(archive.row(asked).not_before - now)

    assert archive.row(asked).done == 3 * CHUNK
    assert rests == [timedelta(0), timedelta(0), DAY]
