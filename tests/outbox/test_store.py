"""Deliveries in the database: owed once, claimed with a fence, found again."""

from dataclasses import replace

from bridge.connectors.registry import actions
from bridge.outbox import finishing, overtaken, store
from bridge.outbox.cause import MAX_REASON, bury
from bridge.outbox.claims import End
from bridge.outbox.search import Filter, groups
from bridge.outbox.tables import State
from outbox.stand import Stand

DONE = End(state=State.SUCCEEDED, outcome="done")
FAILED = End(state=State.PENDING, outcome="transient", kind="transient", reason="busy")


def test_what_is_owed_already_is_not_owed_again(stand: Stand) -> None:
    row = stand.row("shop.update", {"thing": "7", "text": "a"}, id="dlv-x")
    again = stand.row("shop.update", {"thing": "7", "text": "b"}, id="dlv-x")

    with stand.database.transaction() as session:
        first = [one.id for one in store.owe(session, [row])]
    with stand.database.transaction() as session:
        second = [one.id for one in store.owe(session, [again])]

    assert (first, second) == (["dlv-x"], [])
    assert stand.step() == [State.SUCCEEDED]
    assert stand.step() == []
    assert stand.vendor.texts("7") == ["a"]


def test_what_is_over_stays_over_when_it_is_owed_again(stand: Stand) -> None:
    stand.update("a", id="dlv-x")
    stand.step()

    stand.update("a", id="dlv-x")

    assert stand.step() == []
    assert stand.delivery("dlv-x").state == State.SUCCEEDED


def test_an_old_fence_and_a_second_end_record_nothing(stand: Stand) -> None:
    delivery = stand.update("a")
    (late,) = stand.claim()
    stand.lapse()
    (rescuer,) = stand.claim()

    with stand.database.transaction() as session:
        kept = [
            finishing.finish(session, [one], now=stand.clock.now(), node="n") != [None]
            for one in ((late, FAILED), (rescuer, DONE), (rescuer, FAILED))
        ]

    assert (late.fence, rescuer.fence) == (1, 2)
    assert kept == [False, True, False]
    assert stand.delivery(delivery).state == State.SUCCEEDED


def test_foreign_text_is_made_fit_for_both_databases(stand: Stand) -> None:
    delivery = stand.update("a")
    (claimed,) = stand.claim()
    said = "no\x00 \ud800" + "x" * 5_000
    end = replace(FAILED, reason=said, code="\x00", result={"note": "\x00"})

    with stand.database.transaction() as session:
        finishing.finish(session, [(claimed, end)], now=stand.clock.now(), node="n")

    row, (attempt,) = stand.delivery(delivery), stand.attempts(delivery)
    assert len(row.reason) <= MAX_REASON
    assert "\x00" not in row.reason + row.error_code + attempt.error + str(row.result)


def test_deliveries_of_one_step_are_found_with_their_replays(stand: Stand) -> None:
    stand.update("a", event_id="evt", id="dlv-a")
    stand.update("a", event_id="evt", id="dlv-b", replay_id="rpl")
    stand.update("a", event_id="evt", id="dlv-c", step="once called so")
    stand.update("a", event_id="evt", id="dlv-d", step="other")
    stand.update("a", id="dlv-e", state=State.SUCCEEDED)

    with stand.database.reading() as session:
        names = ("step", "once called so")
        found = [row.id for row in store.of_step(session, "evt", "a-rule", names)]
        counts = store.counts(session)
        still_open = store.open_count(session, {State.PENDING})

    assert found == ["dlv-a", "dlv-b", "dlv-c"]
    assert counts == {("shop", "pending"): 4}
    assert still_open == 4


def test_newer_success_is_only_what_would_be_overwritten(stand: Stand) -> None:
    old = [
        stand.update("a", state=State.DEAD),
        stand.post("a", state=State.DEAD),
        stand.update("a", thing="8", state=State.DEAD),
    ]
    newer = stand.update("b", state=State.SUCCEEDED)
    stand.post("b", state=State.ACCEPTED)
    stand.update("b", thing="8", state=State.DEAD)

    with stand.database.reading() as session:
        found = [overtaken.newer(session, stand.delivery(one), stand.world.actions) for one in old]

    assert [one and one.id for one in found] == [newer, None, None]


def test_a_newer_move_outdates_an_older_one_that_says_more(stand: Stand) -> None:
    issue = {"connection": "jira", "ordering_key": "jira|jira:issue:10231"}
    moves = [{"to": "Done", "resolution": "Fixed"}, {"to": "In Progress"}]
    rows = [
        stand.row("jira.transition_issue", {"issue": "10231", **move}, **issue, state=state)
        for move, state in zip(moves, (State.DEAD, State.SUCCEEDED), strict=True)
    ]
    with stand.database.transaction() as session:
        older, newer = store.owe(session, rows)

    with stand.database.reading() as session:
        found = overtaken.newer(session, stand.delivery(older.id), actions())

    assert found is not None
    assert found.id == newer.id


def test_a_delivery_that_is_changed_from_outside_is_read_again_behind_its_lock(
    stand: Stand,
) -> None:
    """A claim that was made since is seen, and not overwritten."""
    delivery = stand.update("a")
    seen = stand.delivery(delivery)
    stand.claim()

    with stand.database.transaction() as session:
        (row,) = store.locked(session, [seen])

    assert (seen.state, row.state) == (State.PENDING, State.IN_FLIGHT)


def test_what_is_dead_without_a_try_is_found_by_its_cause_too(stand: Stand) -> None:
    now = stand.clock.now()
    row = stand.row("shop.update", {"thing": "7", "text": "a"})
    bury(row, "create_is_dead", "the create it waits for is dead\x00", now=now)

    with stand.database.transaction() as session:
        store.owe(session, [row])
    with stand.database.reading() as session:
        (found,) = groups(session, Filter())

    assert found.group == "shop|a-rule|shop.update|permanent|create_is_dead"
    assert (found.count, found.first_at) == (1, now)
    assert stand.step() == []
