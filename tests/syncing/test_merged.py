"""A case that is merged into another hands its issue over: from then on those two agree."""

from bridge.ledger.tables import LinkState
from syncing.pair import CASE, Pair


def test_the_winner_of_a_merge_agrees_with_the_issue_of_the_loser(pair: Pair) -> None:
    town = pair.town
    pair.crm.edit("2", **{**CASE, "Number": "00002", "Title": "The same again"})
    told = {"object": "Case", "id": "2", "fields": {**CASE, "Title": "The same again"}}
    town.tell("crm", told)
    town.settle()
    pair.forget()

    town.merge("1", into="2")
    town.settle()
    pair.clock.advance(1)
    town.tell("crm", {**told, "fields": {**CASE, "Title": "Now the only one"}})
    town.settle()

    (link,) = town.links()
    assert (link.left_ref, link.right_ref, link.state) == (
        "crm:Case:2",
        "tracker:issue:7",
        LinkState.LIVE,
    )
    assert pair.issue("summary") == "Now the only one"
    assert town.said.down == {}


def test_what_somebody_set_at_the_winner_is_not_written_over_with_what_the_loser_had_said(
    pair: Pair,
) -> None:
    """We wrote the loser's last word at the issue after that: our write is nobody's edit."""
    town = pair.town
    pair.clock.advance(1)
    pair.crm.edit("2", **{**CASE, "Number": "00002", "Title": "The one that stays", "Body": None})
    winner = pair.say("crm", "2")
    pair.clock.advance(1)
    pair.change("crm", Title="The loser's last word", Body="Only the loser says so")
    pair.hear(winner)

    town.merge("1", into="2")
    town.settle()

    assert pair.issue("summary") == "The one that stays"
    assert pair.crm.records["2"]["Title"] == "The one that stays"
    assert pair.issue("text") == "Only the loser says so"
    assert pair.crm.records["2"]["Body"] == "Only the loser says so"
