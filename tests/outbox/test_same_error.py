"""The same permanent error five times in ten minutes holds the rest, and one success lets it go."""

from collections.abc import Callable

import pytest

from bridge.errors import PermanentError
from bridge.outbox import hold as holds
from bridge.outbox import same_error
from bridge.outbox.cause import shape
from bridge.outbox.same_error import WITHIN
from bridge.outbox.tables import HoldRow, State
from outbox.stand import Stand

NO_FIELD = PermanentError(
    "jira: PUT /rest/api/3/issue/10231: 400 field Team is required", code="400"
)
GROUP = "shop|a-rule|shop.update"
Fail = Callable[..., list[str]]


@pytest.fixture
def fail(stand: Stand) -> Fail:
    """So many deliveries of one rule are refused with one error, each for another record."""

    def run(count: int = 5, error: str = "field Team is required") -> list[str]:
        made = []
        for number in range(count):
            text = f"jira: PUT /rest/api/3/issue/{10_000 + number}: 400 {error}"
            stand.vendor.blow(PermanentError(text, code="400"))
            made.append(stand.update("x", thing=f"bad-{number}-{error[-3:]}"))
            stand.step()
        return made

    return run


@pytest.fixture
def the_hold(stand: Stand) -> Callable[[], HoldRow]:
    def find() -> HoldRow:
        with stand.database.reading() as session:
            (only,) = session.query(HoldRow).order_by(HoldRow.seq.desc()).limit(1)
        assert isinstance(only, HoldRow)
        return only

    return find


def test_the_rest_is_held_and_said_once_with_the_error(
    stand: Stand, fail: Fail, the_hold: Callable[[], HoldRow]
) -> None:
    fail()
    rest = [stand.update("y", thing=str(number)) for number in range(3)]

    ends = stand.step()

    hold = the_hold()
    assert ends == [State.HELD] * 3
    assert stand.vendor.written == []
    assert {stand.delivery(one).hold_id for one in rest} == {hold.id}
    assert [stand.delivery(one).tries for one in rest] == [0, 0, 0]
    assert (hold.kind, hold.about, hold.state, hold.rule) == (
        "same_error", GROUP, "open", "a-rule",
    )  # fmt: skip
    assert hold.reason.startswith("5 times in 10 minutes: jira: PUT")
    assert stand.heard.held == [GROUP]


def test_other_rules_actions_and_connections_go_on(stand: Stand, fail: Fail) -> None:
    fail()
    stand.update("y", rule="another")
    stand.update("y", thing="8", connection="club")
    stand.post("y")

    assert set(stand.step()) == {State.SUCCEEDED, State.ACCEPTED}


def test_four_are_not_enough_and_two_causes_are_not_one(stand: Stand, fail: Fail) -> None:
    fail(4)
    fail(4, "field Team is unknown")

    assert stand.heard.held == []


def test_one_record_that_refuses_everything_holds_no_others(stand: Stand) -> None:
    for number in range(8):
        stand.vendor.blow(NO_FIELD)
        stand.update(f"x{number}", thing="7", target_ref="shop:thing:7")
        stand.step()

    assert stand.heard.held == []


def test_five_in_more_than_ten_minutes_are_not_enough(stand: Stand, fail: Fail) -> None:
    fail(4)
    stand.clock.advance(WITHIN)
    fail(1, "field Team is required")

    assert stand.heard.held == []


def test_one_that_goes_well_in_between_begins_the_count_anew(stand: Stand, fail: Fail) -> None:
    fail(4)
    stand.clock.advance(1.0)
    stand.update("y", thing="8")
    stand.step()
    stand.clock.advance(1.0)
    fail(1)

    assert stand.heard.held == []


def test_the_one_that_is_tried_goes_back_when_it_is_refused_as_well(
    stand: Stand, fail: Fail, the_hold: Callable[[], HoldRow]
) -> None:
    fail()
    rest = [stand.update("y", thing=str(number)) for number in range(3)]
    stand.step()
    stand.vendor.blow(NO_FIELD)

    with stand.database.transaction() as session:
        same_error.try_one(session, the_hold().id, now=stand.clock.now())
    ends = [*stand.step(), *stand.step()]

    first = stand.delivery(rest[0])
    assert ends == [State.HELD]
    assert (first.state, first.tries, first.hold_id) == ("held", 0, the_hold().id)
    assert len(stand.attempts(rest[0])) == 1
    assert first.finished_at is None


def test_one_that_goes_well_lets_all_go_in_order(
    stand: Stand, fail: Fail, the_hold: Callable[[], HoldRow]
) -> None:
    fail()
    for text in ("1", "2", "3"):
        stand.update(text, thing="7")
        stand.step()

    with stand.database.transaction() as session:
        same_error.try_one(session, the_hold().id, now=stand.clock.now())
    for _ in range(4):
        stand.step()

    assert stand.vendor.texts("7") == ["1", "2", "3"]
    assert the_hold().state == "released"
    assert stand.heard.freed == [GROUP]


def test_a_persons_replay_goes_out_and_lets_all_go_when_it_goes_well(
    stand: Stand, fail: Fail, the_hold: Callable[[], HoldRow]
) -> None:
    fail()
    held = stand.update("y", thing="8")
    stand.step()

    stand.update("again", thing="9", replay_id="rpl-1")
    stand.step()
    stand.step()

    assert stand.delivery(held).state == State.SUCCEEDED
    assert the_hold().state == "released"


def test_what_died_before_a_person_decided_does_not_count_again(
    stand: Stand, fail: Fail, the_hold: Callable[[], HoldRow]
) -> None:
    fail()
    stand.clock.advance(1.0)
    with stand.database.transaction() as session:
        row = holds.one(session, the_hold().id)
        assert row is not None
        holds.release(session, row, by="anna", why="", now=stand.clock.now())
    stand.clock.advance(1.0)
    fail(1)

    assert stand.heard.held == [GROUP]


def test_another_node_holds_them_as_well_and_frees_them_as_well(stand: Stand, fail: Fail) -> None:
    other = Stand.up(stand.database, stand.clock)
    fail()
    stand.clock.advance(1.0)
    other.owe("shop.update", {"thing": "o", "text": "y"}, id="o-1")
    other.owe("shop.update", {"thing": "p", "text": "y"}, id="o-2", replay_id="rpl-1")

    ends = other.step()
    other.step()

    assert sorted(ends, key=str) == [State.HELD, State.SUCCEEDED]
    assert other.delivery("o-1").state == State.SUCCEEDED
    assert other.heard.freed == [GROUP]


def test_what_would_go_into_a_hold_that_was_just_decided_goes_out(
    stand: Stand, fail: Fail, the_hold: Callable[[], HoldRow]
) -> None:
    """Else it would be held by what nobody can decide any more."""
    fail()
    delivery = stand.update("y", thing="8")
    ends = stand.dispatcher.act(stand.claim())
    with stand.database.transaction() as session:
        row = holds.one(session, the_hold().id)
        assert row is not None
        holds.release(session, row, by="anna", why="", now=stand.clock.now())

    stand.dispatcher.recorder.record(ends)

    assert stand.delivery(delivery).state == State.PENDING
    assert stand.delivery(delivery).hold_id is None


def test_a_rule_that_blocks_keeps_the_others_of_its_record_waiting(
    stand: Stand, fail: Fail, the_hold: Callable[[], HoldRow]
) -> None:
    fail()
    stand.update("old", thing="7", dead_head="block")
    stand.step()
    stand.update("new", thing="7", rule="another")

    during = stand.step()
    with stand.database.transaction() as session:
        same_error.try_one(session, the_hold().id, now=stand.clock.now())
    stand.step()
    stand.step()

    assert during == []
    assert stand.vendor.texts("7") == ["old", "new"]


def test_a_rule_that_lets_others_pass_does_not_set_their_record_back_afterwards(
    stand: Stand, fail: Fail
) -> None:
    fail()
    old = stand.update("old", thing="7")
    stand.step()
    stand.update("new", thing="7", rule="another")
    stand.step()

    stand.update("again", thing="9", replay_id="rpl-1")
    stand.step()
    stand.step()

    assert stand.vendor.texts("7") == ["new"]
    assert stand.delivery(old).state == State.SUPERSEDED


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("PUT /issue/10231: 400 no Team", "PUT /issue/99: 400 no Team", True),
        ("update ENG-12: no Team", "update ENG-9: no Team", True),
        ("case 5003000000D8cuI: no", "case 5003000000D8cuIAAR: no", True),
        ("field customfield_10029 is required", "field customfield_10030 is required", False),
        ("priority 'High' is unknown", "priority 'Low' is unknown", False),
        ("too long", "required", False),
    ],
)
def test_two_errors_are_the_same_but_for_the_record_they_name(
    one: str, other: str, *, same: bool
) -> None:
    assert (shape(one) == shape(other)) == same
