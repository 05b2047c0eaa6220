"""The subject's lock: one at a time for a record, and nobody waits in a circle."""

import threading
from concurrent.futures import ThreadPoolExecutor

from bridge.db import Database
from bridge.ledger import links, store
from bridge.ledger.lock import lock_subjects, lock_with_linked
from clocks import START
from ledger.sightings import CASE, ISSUE, context, seen, wanted

ROUNDS = 25


def test_two_batches_in_opposite_order_do_not_deadlock(postgres_database: Database) -> None:
    refs = [f"jira:issue:{number}" for number in range(30)]
    start = threading.Barrier(2)

    def batch(order: list[str]) -> int:
        start.wait(timeout=60)
        for _ in range(ROUNDS):
            with postgres_database.transaction() as session:
                lock_subjects(session, order)
        return ROUNDS

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(batch, (refs, refs[::-1])))

    assert done == [ROUNDS, ROUNDS]


def test_who_holds_a_record_keeps_others_from_it(postgres_database: Database) -> None:
    held, passed = threading.Event(), threading.Event()

    def second() -> None:
        held.wait(timeout=60)
        with postgres_database.transaction() as session:
            lock_subjects(session, [str(CASE)])
            passed.set()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        with postgres_database.transaction() as session:
            lock_subjects(session, [str(CASE), str(CASE)])
            held.set()
            early = passed.wait(timeout=0.3)
        waiting.result(timeout=60)

    assert not early
    assert passed.is_set()


def test_an_issue_takes_its_case_along(postgres_database: Database) -> None:
    """Two issues of one case: whoever comes second waits, whatever record it was about."""
    with postgres_database.transaction() as session:
        for number in ("7", "8"):
            ref = str(ISSUE._replace(id=number))
            links.adopt(session, wanted(role=number), right_ref=ref, now=START)
    held, passed = threading.Event(), threading.Event()

    def second() -> None:
        held.wait(timeout=60)
        with postgres_database.transaction() as session:
            lock_with_linked(session, ["jira:issue:8"])
            passed.set()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        with postgres_database.transaction() as session:
            lock_with_linked(session, ["jira:issue:7"])
            held.set()
            early = passed.wait(timeout=0.3)
        waiting.result(timeout=60)

    assert not early


def test_of_many_who_saw_one_new_record_one_created_it(database: Database) -> None:
    start = threading.Barrier(4)

    def show(number: int) -> bool:
        start.wait(timeout=60)
        with database.transaction() as session:
            lock_subjects(session, [str(CASE)])
            return store.apply(session, seen({"severity": "high"}), context()) is not None

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(show, range(4)))

    assert told.count(True) == 1
