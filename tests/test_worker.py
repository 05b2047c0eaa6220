"""The loops of a process: who wakes whom, when nobody looks by himself."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bridge.worker import Worker
from workers import Inbox, NoChores, QuietOutbox, StoppedClock


@dataclass(frozen=True, kw_only=True)
class Drowsy:
    """A worker that looks only when it is woken: its pause is an hour. Both loops have looked once."""

    worker: Worker
    inbox: Inbox
    outbox: QuietOutbox


@pytest.fixture
def drowsy() -> Iterator[Drowsy]:
    inbox, outbox = Inbox(), QuietOutbox()
    worker = Worker(
        intake=inbox,
        dispatcher=outbox,
        chores=NoChores(),
        clockwork=StoppedClock(),
        gauges=lambda: None,
        pause=3_600,
    )
    worker.start()
    assert inbox.looks.wait_for(1)
    assert outbox.looks.wait_for(1)
    yield Drowsy(worker=worker, inbox=inbox, outbox=outbox)
    worker.stop()


def test_what_a_message_brought_is_looked_for_at_once(drowsy: Drowsy) -> None:
    drowsy.inbox.messages.release()

    drowsy.worker.arrived()

    assert drowsy.inbox.looks.wait_for(3)  # the message, and that there is no other
    assert drowsy.outbox.looks.wait_for(2)


def test_a_person_wakes_both_loops(drowsy: Drowsy) -> None:
    drowsy.worker.wake()

    assert drowsy.inbox.looks.wait_for(2)
    assert drowsy.outbox.looks.wait_for(2)
