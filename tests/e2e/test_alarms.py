"""Alarms by their whole path: what happens, who is told, once on the way down and once on the way up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.connectors.teams.simulator.shown import PostedCard
from cli.house import House
from patience import until


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House.up(tmp_path)
    yield made
    made.close()


def told(house: House, words: str) -> list[PostedCard]:
    """The cards of the alarm channel that say this."""
    cards = house.stage.teams.cards("alarms")
    return [card for card in cards if words in " ".join((card.title, *card.texts))]


def test_what_is_dead_is_told_once_with_remedy_and_link_and_once_when_it_is_over(
    house: House,
) -> None:
    (dead,) = house.asked("deliveries", "--state", "dead")
    assert until(lambda: told(house, "is dead"))
    house.feedback("Low")
    house.settle()

    house.run("cancel", "--yes", "--why", "no such project")
    over = until(lambda: told(house, "Bridge, over"))

    (down,) = told(house, "Bridge needs you")
    assert "bridge replay --group" in " ".join(down.texts)
    assert f"{house.stage.url}/api/v1/deliveries/{dead['id']}" in " ".join(down.texts)
    assert over
    assert len(told(house, "Bridge, over")) == 1


def test_a_refused_credential_pauses_and_is_told_once_and_so_is_the_recovery(house: House) -> None:
    house.stage.jira.revoke_credentials()
    house.feedback("Critical")
    house.feedback("High")
    paused = until(lambda: told(house, "does not accept our credentials"))
    states = {one["name"]: one["state"] for one in house.asked("connections")}

    house.stage.jira.restore_credentials()
    recovered = until(lambda: told(house, "jira works again"))
    house.settle()

    assert paused
    assert states["jira"] == "credentials"
    assert recovered
    (down,) = [
        card for card in told(house, "does not accept our credentials") if "needs you" in card.title
    ]
    assert "renew them" in " ".join(down.texts)
    assert f"{house.stage.url}/api/v1/connections" in " ".join(down.texts)
    assert len(told(house, "jira works again")) == 1
    assert {one["state"] for one in house.asked("deliveries", "--connection", "jira")} <= {
        "succeeded",
        "dead",
    }


def test_a_rule_that_cannot_be_evaluated_is_told_with_where_it_is_explained(house: House) -> None:
    house.feedback("Medium", title="Nothing maps this")
    house.settle()

    said = until(lambda: told(house, "cannot be evaluated"))

    assert said
    (card,) = told(house, "cannot be evaluated")
    assert "mend the rule" in " ".join(card.texts)
    assert "/explain" in " ".join(card.texts)
