"""The loops of a process: who wakes whom, when nobody looks by himself."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from typing_extensions import override

from bridge.bell import INBOX, OUTBOX, Bells
from bridge.worker import Worker
from logs import captured
from workers import Inbox, NoChores, OneBulkCall, QuietOutbox, StoppedClock


@dataclass(frozen=True, kw_only=True)
class Drowsy:
    """A worker that looks only when it is woken: it would rest an hour. Both loops have looked once."""

    worker: Worker
    inbox: Inbox
    outbox: QuietOutbox


@pytest.fixture
def outbox() -> QuietOutbox:
    return QuietOutbox()


@pytest.fixture
def drowsy(outbox: QuietOutbox) -> Iterator[Drowsy]:
    inbox = Inbox()
    bells = Bells()
    bells.patience = 3_600
    worker = Worker(
        intake=inbox,
        dispatcher=outbox,
        chores=NoChores(),
        clockwork=StoppedClock(),
        gauges=lambda: None,
        bells=bells,
    )
    worker.start()
    assert inbox.looks.wait_for(1)
    assert outbox.looks.wait_for(1)
    yield Drowsy(worker=worker, inbox=inbox, outbox=outbox)
    worker.stop()


def test_a_message_that_is_kept_wakes_the_inbox(drowsy: Drowsy) -> None:
    drowsy.inbox.messages.release()

    drowsy.worker.bells.ring(INBOX)

    assert drowsy.inbox.looks.wait_for(2)


def test_what_is_owed_wakes_the_outbox(drowsy: Drowsy) -> None:
    drowsy.worker.bells.ring(OUTBOX)

    assert drowsy.outbox.looks.wait_for(2)


@pytest.mark.parametrize("outbox", [OneBulkCall()])
def test_the_end_of_a_bulk_call_wakes_what_lingered_for_it(
    drowsy: Drowsy, outbox: OneBulkCall
) -> None:
    drowsy.worker.bells.ring(OUTBOX)
    assert outbox.looks.wait_for(2)  # finds the call
    drowsy.worker.bells.ring(OUTBOX)
    assert outbox.looks.wait_for(3)  # and this one may linger, since it is under way

    outbox.gate.set()

    assert outbox.looks.wait_for(4)


class LostDatabase(StoppedClock):
    """The lease cannot be handed over."""

    @override
    def close(self) -> None:
        raise OSError("a secret of the driver")


def test_a_lease_that_cannot_be_handed_over_keeps_nobody_from_ending(drowsy: Drowsy) -> None:
    drowsy.worker.clockwork = LostDatabase()

    with captured() as log:
        drowsy.worker.stop()

    assert "leadership.not_resigned" in log.getvalue()
    assert "a secret" not in log.getvalue()
