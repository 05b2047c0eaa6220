"""Every webhook of an hour is lost: one round of searches finds all that happened, and both sides agree."""

from collections.abc import Callable

from agreement.deeds import JIRA, SALESFORCE
from agreement.machine import PACED, POLL_SECONDS
from agreement.people import AT_CASES, AT_ISSUES, People
from agreement.talkers import LATER, WAYS, Talkers
from agreement.verdict import judge, questions, settle
from agreement.world import World

GRACE = 60.0  # what was changed a moment ago is left to its message
MINUTES = 60
DEEDS = (*AT_CASES, *AT_ISSUES)


def test_what_happened_in_an_hour_without_webhooks_is_found_in_one_round(
    new_world: Callable[[], World],
) -> None:
    world = new_world()
    people = People(world=world)
    for product in ("Router", "Switch"):
        people.open_case(product, "high")
    world.wait(300.0)
    settle(people)

    for minute in range(MINUTES):
        pair = people.deeds.pairs[minute % 2]
        people.do(pair, DEEDS[minute % len(DEEDS)], minute)
        world.mail.lose_all()
        world.clock.advance(60.0)
    people.open_case("Router", "low")
    people.move_away(people.deeds.pairs[0])
    world.mail.lose_all()
    world.wait(GRACE)
    world.wait(POLL_SECONDS)
    world.wait(PACED)

    wrong = judge(people)
    asked = [pair.name for pair, _ in questions(people)]
    world.close()
    assert not wrong, "\n".join([*world.story, *wrong])
    assert asked == ["F1"]  # its severity was set to two values
    assert {side for pair in people.deeds.pairs for side in pair.touched} == {JIRA, SALESFORCE}


def test_what_was_said_in_an_hour_without_webhooks_is_found_in_one_round(
    new_world: Callable[[], World],
) -> None:
    """On both sides of both pairs: new comments, and old ones that are changed, hidden, shown, deleted."""
    world = new_world()
    people = People(world=world)
    talkers = Talkers(people=people)
    pairs = [people.open_case(product, "high") for product in ("Router", "Switch")]
    world.wait(300.0)
    for pair in pairs:
        for side in (SALESFORCE, JIRA):
            for way in ("public", "public", "public", "internal"):
                talkers.say(pair, side, way)
    world.wait(300.0)
    before = judge(people)

    for pair in pairs:
        for number, said in enumerate(list(pair.said)):
            talkers.think_better(pair, number, LATER[said.number % len(LATER)])
            world.mail.lose_all()
            world.clock.advance(100.0)
        for side in (SALESFORCE, JIRA):
            for way in WAYS:
                talkers.say(pair, side, way)
                world.mail.lose_all()
                world.clock.advance(100.0)
    world.wait(GRACE)
    world.wait(POLL_SECONDS)
    world.wait(PACED)

    wrong = judge(people)
    deeds = {(said.side, said.gone, said.hidden) for pair in pairs for said in pair.said}
    world.close()
    assert before == []
    assert not wrong, "\n".join([*world.story, *wrong])
    assert {(side, True, False) for side in (SALESFORCE, JIRA)} <= deeds
    assert {(side, False, True) for side in (SALESFORCE, JIRA)} <= deeds
