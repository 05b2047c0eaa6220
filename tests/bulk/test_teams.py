"""Cards at Teams: alone where nobody waits, a section each where a channel is behind."""

from bridge.connectors.teams import PostCard
from bridge.connectors.teams.actions import BEHIND
from bridge.connectors.teams.digest import MOST
from bridge.outbox.tables import State
from bulk.conftest import AtTeams

ALERTS = ("teams", "teams.post_card|alerts")


def card(number: int, channel: str = "alerts", ambiguous: str = "skip") -> PostCard:
    values = {"channel": channel, "title": f"Card {number}", "ambiguous": ambiguous}
    return PostCard.model_validate(values | {"facts": {"Number": number}})


def test_cards_that_a_channel_takes_in_a_second_go_alone(at_teams: AtTeams) -> None:
    sim, desk = at_teams
    ids = desk.owe(*(card(number) for number in range(BEHIND)))

    desk.step()

    assert desk.states(ids) == [State.ACCEPTED] * BEHIND
    assert sorted(one.title for one in sim.cards()) == [f"Card {n}" for n in range(BEHIND)]


def test_a_channel_that_is_behind_gets_one_message_and_others_none_of_it(
    at_teams: AtTeams,
) -> None:
    sim, desk = at_teams
    ids = desk.owe(*(card(number) for number in range(12)))
    other = desk.owe(card(99, channel="support"))

    desk.step()

    (behind,) = sim.cards("alerts")
    assert behind.title == "12 updates that had to wait"
    assert [text for text in behind.texts if text.startswith("Card")] == [
        f"Card {number}" for number in range(12)
    ]
    assert [one.title for one in sim.cards("support")] == ["Card 99"]
    assert desk.states([*ids, *other]) == [State.ACCEPTED] * 13
    assert {(desk.delivery(one).result or {})["note"].partition(", ")[2] for one in ids} == {
        "in one card of 12"
    }


def test_hundreds_go_in_few_calls_and_none_is_left_out(at_teams: AtTeams) -> None:
    sim, desk = at_teams
    ids = desk.owe(*(card(number) for number in range(150)))

    desk.settle()

    told = [text for one in sim.cards() for text in one.texts if text.startswith("Card ")]
    assert sorted(told) == sorted(f"Card {number}" for number in range(150))
    assert len(sim.cards()) <= 150 // MOST + 2
    assert set(desk.states(ids)) == {State.ACCEPTED}
    assert sim.failed_runs == ()


def test_an_urgent_card_is_not_put_among_others(at_teams: AtTeams) -> None:
    sim, desk = at_teams
    desk.owe(*(card(number) for number in range(8)))
    desk.owe(card(100), urgent=True)

    desk.step()

    assert sorted(one.title for one in sim.cards()) == ["8 updates that had to wait", "Card 100"]


def test_after_a_lost_answer_each_does_what_its_own_rule_says(at_teams: AtTeams) -> None:
    sim, desk = at_teams
    sim.faults.next("cut_after", method="POST")
    ids = desk.owe(
        *(card(number, ambiguous="repeat" if number % 2 else "skip") for number in range(6))
    )

    desk.settle()

    assert desk.states(ids) == [State.ACCEPTED] * 6
    assert all(desk.delivery(one).uncertain for one in ids)
    told = [text for one in sim.cards() for text in (one.title, *one.texts)]
    assert [told.count(f"Card {number}") for number in range(6)] == [1, 2] * 3


def test_a_flow_that_is_turned_off_ends_each_alone(at_teams: AtTeams) -> None:
    sim, desk = at_teams
    sim.turn_off("alerts")
    ids = desk.owe(*(card(number) for number in range(6)))

    desk.settle()

    assert desk.states(ids) == [State.DEAD] * 6
    assert [desk.outcomes(one) for one in ids] == [["refused_in_bulk", "permanent"]] * 6


def test_a_channel_that_refuses_us_is_paused_and_loses_none(at_teams: AtTeams) -> None:
    sim, desk = at_teams
    sim.restrict("alerts")
    ids = desk.owe(*(card(number) for number in range(6)))

    desk.step()

    assert desk.states(ids) == [State.PENDING] * 6
    assert {desk.delivery(one).tries for one in ids} == {0}
    assert desk.step() == []
