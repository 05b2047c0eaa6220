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
