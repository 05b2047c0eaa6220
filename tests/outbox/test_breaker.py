"""What does not answer is not called, and found again by one real delivery at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from bridge.errors import CredentialError
from bridge.exchange import Exchange
from bridge.outbox import breaker, connection
from bridge.outbox.breaker import CEILING, FIRST, Mode, Sign, Waits
from bridge.outbox.tables import State
from outbox.stand import Stand
from outbox.switch import Switch
from outbox.vendor import Paint

WAITS = Waits(random=Random(1))  # noqa: S311  (jitter)
Break = Callable[..., list[str]]


@pytest.fixture
def breaking(stand: Stand) -> Break:
    """Calls of so many records fail with a status, one after the other; their deliveries."""

    def run(status: int = 500, *, records: int = 5, name: str = "shop") -> list[str]:
        stand.vendor.status = status
        owed = [stand.update("x", thing=f"t{one}", connection=name) for one in range(records)]
        stand.step()
        return owed

    return run


def test_a_breaker_in_any_order_of_events() -> None:
    run_state_machine_as_test(Switch, settings=settings(max_examples=200, deadline=None))


@pytest.mark.parametrize(
    ("kind", "status", "sign"),
    [
        ("", 200, Sign.LIFE),
        ("permanent", 400, Sign.LIFE),
        ("permanent", 404, Sign.LIFE),
        ("transient", 0, Sign.FAILURE),
        ("ambiguous", 0, Sign.FAILURE),
        ("transient", 500, Sign.FAILURE),
        ("ambiguous", 502, Sign.FAILURE),
        ("transient", 503, Sign.FAILURE),
        ("transient", 408, Sign.FAILURE),
        ("transient", 429, Sign.NOTHING),
        ("transient", 403, Sign.NOTHING),  # Salesforce's REQUEST_LIMIT_EXCEEDED
        ("transient", 200, Sign.NOTHING),  # one record of a bulk call is locked
        ("credentials", 401, Sign.NOTHING),
        ("bug", 200, Sign.NOTHING),
    ],
)
def test_what_the_end_of_a_call_says(kind: str, status: int, sign: Sign) -> None:
    exchange = Exchange(method="POST", url="https://shop.example/1", status=status)

    assert breaker.sign(kind, [exchange]) is sign


def test_what_was_never_sent_says_nothing() -> None:
    assert breaker.sign("permanent", []) is Sign.NOTHING
    assert breaker.sign("transient", []) is Sign.NOTHING


def test_each_opening_waits_longer_up_to_the_ceiling() -> None:
    waits = [WAITS.after(openings) for openings in range(1, 20)]

    assert FIRST * 0.75 <= waits[0] <= FIRST
    assert max(waits) <= CEILING
    assert min(waits[6:]) >= CEILING * 0.75


def test_a_vendor_that_is_away_is_not_called_any_more_and_spends_no_try(
    stand: Stand, breaking: Break
) -> None:
    breaking()
    waiting = stand.update("y", thing="8")

    ends = stand.later(1.0)

    row = stand.connection()
    assert row is not None
    assert (row.state, row.reason) == ("broken", "answered 500")
    assert ends == []
    assert (stand.delivery(waiting).state, stand.delivery(waiting).tries) == ("pending", 0)
    assert stand.heard.broken == ["shop"]


def test_other_connections_go_on(stand: Stand, breaking: Break) -> None:
    breaking()
    stand.vendor.status = 200

    elsewhere = stand.update("y", connection="club")

    assert stand.step() == [State.SUCCEEDED]
    assert stand.delivery(elsewhere).state == State.SUCCEEDED


def test_the_probe_is_one_real_delivery_that_spends_no_try_and_the_next_one_waits_longer(
    stand: Stand, breaking: Break
) -> None:
    owed = breaking()
    waits: list[float] = []
    since = stand.clock.now()
    while len(waits) < 7:
        if stand.later(1.0):
            waits.append((stand.clock.now() - since).total_seconds())
            since = stand.clock.now()

    assert [stand.delivery(one).tries for one in owed] == [1] * 5
    assert sum(len(stand.attempts(one)) for one in owed) == 5 + 7
    assert waits[0] <= 6
    assert waits[:5] == sorted(waits[:5])
    assert 90 <= waits[-1] <= 121
    assert stand.heard.broken == ["shop"]


def test_a_vendor_that_says_for_how_long_it_is_away_is_not_probed_before(
    stand: Stand, breaking: Break
) -> None:
    stand.vendor.retry_after = 900.0
    owed = breaking(503)
    waiting = stand.update("y", thing="8")  # ready to be the probe

    early = [stand.later(60.0) for _ in range(14)]
    probe = stand.later(61.0)

    assert (early, probe) == ([[]] * 14, [State.PENDING])
    assert [len(stand.attempts(one)) for one in (*owed, waiting)] == [1] * 6


@pytest.mark.parametrize(
    ("asked", "away", "wait"),
    [
        (True, 0.0, FIRST),
        (True, 900.0, timedelta(seconds=900)),  # answered 429, with Retry-After
        (False, 0.0, timedelta(0)),
        (False, 20.0, timedelta(seconds=20)),  # a limit of ours kept it back
        (False, 900.0, CEILING),
    ],
)
def test_a_probe_without_a_sign_is_followed_no_sooner_than_it_makes_sense(
    asked: bool, away: float, wait: timedelta
) -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    half_open = breaker.Breaker(mode=Mode.HALF_OPEN, openings=1)

    after = breaker.told_nothing(
        half_open, asked=asked, now=now, waits=WAITS, away=timedelta(seconds=away)
    )

    assert after.until is not None
    assert wait * 0.75 <= after.until - now <= wait


def test_nothing_is_given_up_for_an_outage_of_days(stand: Stand, breaking: Break) -> None:
    owed = breaking()

    for _ in range(5 * 24):
        stand.later(timedelta(hours=1))

    assert {stand.delivery(one).state for one in owed} == {State.PENDING}
    stand.vendor.status = 200
    stand.later(timedelta(hours=1))
    stand.later(timedelta(hours=1))
    assert {stand.delivery(one).state for one in owed} == {State.SUCCEEDED}


def test_a_probe_that_gets_through_closes_it_and_everything_drains(
    stand: Stand, breaking: Break
) -> None:
    owed = [*breaking(), stand.update("y", thing="8"), stand.update("z", thing="9")]
    stand.vendor.status = 200

    probe = stand.later(FIRST)
    rest = stand.later(CEILING)

    row = stand.connection()
    assert row is not None
    assert probe == [State.SUCCEEDED]
    assert len(rest) == len(owed) - 1
    assert {stand.delivery(one).state for one in owed} == {State.SUCCEEDED}
    assert (row.state, row.streak, row.reason) == ("open", None, "")
    assert stand.heard.recovered == ["shop"]


def test_a_refused_value_is_a_sign_of_life(stand: Stand, breaking: Break) -> None:
    breaking()
    stand.vendor.status = 400

    stand.later(FIRST)

    row = stand.connection()
    assert row is not None
    assert row.state == "open"


def test_one_record_that_always_fails_opens_nothing(stand: Stand) -> None:
    stand.vendor.statuses["poison"] = 500
    poison = stand.update("x", thing="poison")
    for _ in range(30):
        stand.later(2_000)

    row = stand.connection()
    assert row is not None
    assert row.state == "open"
    assert stand.delivery(poison).state == State.DEAD
    assert stand.heard.broken == []


def test_a_vendor_that_cannot_be_reached_is_known_by_a_single_record(stand: Stand) -> None:
    stand.vendor.status = 0
    stand.update("x")
    for _ in range(5):
        stand.later(100)

    assert stand.heard.broken == ["shop"]


def test_one_success_in_between_begins_the_count_anew(stand: Stand, breaking: Break) -> None:
    breaking(records=4)
    stand.vendor.statuses["9"] = 200
    stand.update("y", thing="9")
    stand.later(0.1)

    stand.vendor.status = 500
    stand.update("x", thing="t9")
    stand.step()

    row = stand.connection()
    assert row is not None
    assert (row.state, len(row.streak or ())) == ("open", 1)


def test_a_bulk_call_that_fails_is_one_failure(stand: Stand) -> None:
    stand.vendor.status = 500
    for number in range(6):
        stand.paint("red", f"p{number}")

    stand.bulk_step()

    row = stand.connection()
    assert row is not None
    assert (row.state, len(row.streak or ())) == ("open", 2)
    assert Paint.batch == 3


def test_a_limit_opens_nothing(stand: Stand, breaking: Break) -> None:
    breaking(429, records=8)

    row = stand.connection()
    assert row is not None
    assert (row.state, row.streak) == ("open", None)


def test_what_one_node_finds_out_all_nodes_know(stand: Stand, breaking: Break) -> None:
    """Failures count together, one alarm is raised, and one node probes."""
    other = Stand.up(stand.database, stand.clock)
    other.vendor.status = 500
    breaking(records=3)
    for number in range(2):
        other.owe("shop.update", {"thing": f"o{number}", "text": "x"}, id=f"o-{number}")

    other.step()
    both = [stand.later(0.1), other.step()]
    stand.clock.advance(FIRST)
    with ThreadPoolExecutor(4) as pool:
        claims = list(pool.map(lambda one: one.claim(), [stand, other] * 2))

    assert both == [[], []]
    assert stand.heard.broken + other.heard.broken == ["shop"]
    assert sum(len(one) for one in claims) == 1


def test_a_success_of_one_node_counts_for_the_failures_of_another(
    stand: Stand, breaking: Break
) -> None:
    other = Stand.up(stand.database, stand.clock)
    breaking(records=4)
    other.owe("shop.update", {"thing": "o", "text": "x"}, id="o-1")
    other.step()

    stand.vendor.status = 500
    stand.update("x", thing="t9")
    stand.step()

    assert stand.heard.broken == []


def test_a_worker_that_dies_with_the_probe_delays_the_next_by_its_deadline(
    stand: Stand, breaking: Break
) -> None:
    breaking()
    stand.clock.advance(FIRST)
    probe = stand.claim()

    during = stand.later(30.0)
    after = stand.later(FIRST)

    assert (len(probe), during, len(after)) == (1, [], 1)


def test_a_probe_that_came_to_nothing_makes_room_for_the_next_at_once(
    stand: Stand, breaking: Break
) -> None:
    breaking()
    now = stand.clock.now()
    for number in range(5):
        stand.update("old", thing=f"e{number}", expires_at=now, not_before=now - CEILING)
    stand.vendor.status = 200
    stand.clock.advance(FIRST)

    ends = [state for _ in range(6) for state in stand.step()]

    assert ends[:6] == [State.EXPIRED] * 5 + [State.SUCCEEDED]


def test_bad_credentials_that_expired_deliveries_try_do_not_wait_for_each_of_them(
    stand: Stand,
) -> None:
    stand.vendor.blow(CredentialError("expired", code="401"))
    stand.update("a", thing="1")
    stand.step()
    now = stand.clock.now()
    for number in range(3):
        stand.update("old", thing=f"e{number}", expires_at=now, not_before=now - CEILING)
    stand.clock.advance(61.0)

    ends = [state for _ in range(4) for state in stand.step()]

    assert ends == [State.EXPIRED] * 3 + [State.SUCCEEDED]


def test_a_dead_channel_breaks_alone(stand: Stand) -> None:
    stand.vendor.statuses["alerts"] = 0
    for number in range(6):
        stand.post("x", subject=f"crm:case:{number}")
    stand.step()

    alive = stand.post("y", channel="sales")
    ends = stand.later(0.1)

    whole, part = stand.connection(), stand.connection("shop|channel:alerts")
    assert whole is not None
    assert part is not None
    assert (whole.state, part.state) == ("open", "broken")
    assert stand.delivery(alive).state == State.ACCEPTED
    assert ends == [State.ACCEPTED]
    assert stand.heard.broken == ["shop|channel:alerts"]


def test_a_channel_that_answers_again_is_forgotten(stand: Stand) -> None:
    stand.vendor.statuses["alerts"] = 0
    for number in range(6):
        stand.post("x", subject=f"crm:case:{number}")
    stand.step()
    stand.vendor.statuses.clear()

    stand.later(FIRST)

    assert stand.heard.recovered == ["shop|channel:alerts"]
    assert stand.connection("shop|channel:alerts") is None


def test_many_channels_that_fail_are_the_whole_connection(stand: Stand) -> None:
    stand.vendor.status = 0
    for number in range(6):
        stand.post("x", channel=f"c{number % 3}", subject=f"crm:case:{number}")

    stand.step()

    assert stand.heard.broken == ["shop"]
    assert stand.later(0.1) == []


def test_a_person_who_resumes_it_is_obeyed(stand: Stand, breaking: Break) -> None:
    breaking()
    now = stand.clock.now()
    with stand.database.transaction() as session:
        connection.set_by_person(session, "shop", connection.OPEN, reason="", now=now)

    row = stand.connection()
    assert row is not None
    assert (row.state, row.streak, row.probe_at) == ("open", None, None)


def test_an_outage_that_ends_in_bad_credentials_is_a_pause(stand: Stand, breaking: Break) -> None:
    breaking()
    stand.vendor.status = 200
    stand.vendor.blow(CredentialError("expired", code="401"))

    stand.later(FIRST)

    row = stand.connection()
    assert row is not None
    assert (row.state, row.streak) == ("credentials", None)
    assert stand.heard.paused == ["shop"]


def test_a_pause_by_a_person_is_not_undone_by_what_was_under_way(
    stand: Stand, breaking: Break
) -> None:
    stand.update("a")
    claims = stand.claim()
    now = stand.clock.now()
    with stand.database.transaction() as session:
        connection.set_by_person(session, "shop", connection.PAUSED, reason="", now=now)

    for claimed in claims:
        stand.dispatcher.dispatch(claimed)

    row = stand.connection()
    assert row is not None
    assert row.state == "paused"


def test_the_states_of_a_row_are_those_of_a_breaker(stand: Stand, breaking: Break) -> None:
    modes = []
    for act in (lambda: None, breaking, lambda: stand.clock.advance(FIRST) and stand.claim()):
        act()
        row = stand.connection()
        assert row is not None
        modes.append(connection.breaker_mode(row))

    assert modes == [Mode.CLOSED, Mode.OPEN, Mode.HALF_OPEN]
