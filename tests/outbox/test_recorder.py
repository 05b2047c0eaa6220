"""Ends that come together are recorded together, and one that is in trouble troubles no other."""

from sqlalchemy import event

from bridge.outbox.recorder import Ended
from bridge.outbox.tables import State
from outbox.stand import Stand


def ended(stand: Stand) -> list[Ended]:
    return [one for claimed in stand.claim() for one in stand.dispatcher.act([claimed])]


def test_many_ends_are_one_transaction(stand: Stand) -> None:
    ids = [stand.update("a", thing=str(number)) for number in range(8)]
    ends = ended(stand)
    commits: list[int] = []
    event.listen(stand.database.engine, "commit", lambda _: commits.append(1))

    states = stand.dispatcher.recorder.record(ends)

    assert states == [State.SUCCEEDED] * 8
    assert len(commits) == 1
    assert {stand.delivery(one).state for one in ids} == {State.SUCCEEDED}
    assert [len(stand.attempts(one)) for one in ids] == [1] * 8
    assert {stand.key(one).leased_until for one in ids} == {None}


def test_a_lost_lease_among_them_is_nobody_elses_trouble(stand: Stand) -> None:
    first, second = stand.update("a", thing="1"), stand.update("b", thing="2")
    late = ended(stand)
    stand.lapse()
    (rescued,) = [one for one in ended(stand) if one[0].delivery.id == first]
    stand.dispatcher.recorder.record([rescued])

    states = stand.dispatcher.recorder.record(late[:1])

    assert states == [None]
    assert len(stand.attempts(first)) == 1
    assert stand.delivery(second).state == State.IN_FLIGHT


def test_trouble_with_what_follows_one_keeps_every_end(stand: Stand) -> None:
    ids = [stand.update("a", thing=str(number)) for number in range(3)]
    ends = ended(stand)
    stand.troubles += [KeyError("together"), KeyError("and alone")]

    states = stand.dispatcher.recorder.record(ends)

    assert states == [State.SUCCEEDED] * 3
    assert {stand.delivery(one).state for one in ids} == {State.SUCCEEDED}
    assert sorted(name for name, _ in stand.heard.ended) == sorted(ids)[1:]
