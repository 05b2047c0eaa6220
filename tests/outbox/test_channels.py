"""Against a simulated Teams: a channel whose URL is dead stops nothing but itself."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest

from bridge.connectors.connected import Connected
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.connectors.teams import CONNECTOR, PostCard
from bridge.connectors.teams.settings import TeamsSettings
from bridge.connectors.teams.simulator import TeamsSimulator, build
from bridge.outbox.dispatcher import Dispatcher
from bridge.outbox.retry import Policy
from bridge.outbox.tables import State
from outbox.stand import Stand

MINUTE = timedelta(minutes=1)


@pytest.fixture
def teams() -> TeamsSimulator:
    return build(channels=("alerts", "support"), pace=Pace(1e-6))


@pytest.fixture
def base(teams: TeamsSimulator) -> Iterator[str]:
    with Served(teams.app) as served:
        yield served.url


@pytest.fixture
def posting(
    stand: Stand, teams: TeamsSimulator, base: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stand]:
    """The stand, with the simulated Teams where the shop was."""
    for name in teams.channels():
        monkeypatch.setenv(f"T_{name}", teams.url(name, base))
    urls = {name: {"url": f"env:T_{name}"} for name in teams.channels()}
    settings = TeamsSettings.model_validate({"allow_hosts": ["127.0.0.1"], "channels": urls})
    shop = Connected(name="shop", connector=CONNECTOR, settings=settings)
    stand.dispatcher = Dispatcher(
        database=stand.database,
        clock=stand.clock,
        connections={"shop": shop},
        actions={PostCard.kind: PostCard},
        policy=Policy(),
        hooks=stand.dispatcher.hooks,
        node="here",
        random=Random(7),  # noqa: S311  (jitter)
    )
    yield stand
    shop.client._http.close()


def test_a_channel_with_a_new_url_waits_while_the_other_flows(
    posting: Stand, teams: TeamsSimulator, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams.renew("alerts")
    for title in ("a", "b"):
        posting.owe(
            PostCard.kind,
            {"channel": "alerts", "title": title},
            ordering_key=f"shop|channel:alerts|{title}",
        )
    posting.dispatcher.dispatch(posting.claim(1)[0])
    posting.owe(
        PostCard.kind,
        {"channel": "support", "title": "c"},
        ordering_key="shop|channel:support|c",
    )

    others = posting.step()
    calls_while_down = sum(teams.answers.values())
    monkeypatch.setenv("T_alerts", teams.url("alerts", base))
    probe, rest = posting.later(MINUTE), posting.step()

    assert others == [State.ACCEPTED]
    assert calls_while_down == 2
    assert posting.heard.paused == ["shop|channel:alerts"]
    assert (probe, rest) == ([State.ACCEPTED], [State.ACCEPTED])
    assert posting.heard.recovered == ["shop|channel:alerts"]
    assert sorted(card.title for card in teams.cards("alerts")) == ["a", "b"]
