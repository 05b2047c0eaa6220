"""A node that stands still for longer than its lease: another does its work, and it does not do it again."""

from bridge.outbox.tables import State
from nodes.town import Town
from patience import until


def test_a_node_that_was_frozen_before_its_call_makes_none_when_it_goes_on(town: Town) -> None:
    town.tell(1)
    frozen = town.start("a", "before")
    assert frozen.stands_still()
    town.start("b")
    assert until(lambda: town.state() == State.SUCCEEDED)
    before = dict(town.jira.requests), town.attempts()

    frozen.go_on()

    assert frozen.says("outbox.lease_lost")
    assert (dict(town.jira.requests), town.attempts()) == before
    assert {node for node, _ in town.attempts()} == {"b"}
    assert (town.titles(), town.state()) == (["Alert 1"], State.SUCCEEDED)


def test_a_node_that_was_frozen_after_its_call_overwrites_nothing_and_nothing_is_doubled(
    town: Town,
) -> None:
    town.tell(1)
    frozen = town.start("a", "after")
    assert frozen.stands_still()
    made = town.titles()
    town.start("b")
    assert until(lambda: town.state() == State.SUCCEEDED)
    before = town.attempts()

    frozen.go_on()

    assert frozen.says("outbox.lease_lost")
    assert town.attempts() == before
    assert {node for node, _ in before} == {"b"}
    assert (made, town.titles()) == (["Alert 1"], ["Alert 1"])
