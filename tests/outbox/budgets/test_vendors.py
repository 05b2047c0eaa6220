"""At simulators that keep their vendors' limits: no refusal, and nearly all that is allowed."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from bridge.connectors import jira, salesforce, teams
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.connectors.salesforce.simulator import SalesforceSimulator, Setup
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.connectors.teams import PostCard
from bridge.connectors.teams.fit import message
from bridge.connectors.teams.settings import TeamsSettings
from bridge.connectors.teams.simulator import TeamsSimulator, build
from bridge.db import Database
from clocks import FakeClock
from connectors.jira.harbour import settings_of
from connectors.salesforce import org
from outbox.budgets.crowd import Crowd
from outbox.budgets.vendors import at_vendor, comment_on, hang_up, update_case

DAY = 86_400


@pytest.fixture
def channels(clock: FakeClock) -> TeamsSimulator:
    return build(channels=("alerts", "support"), clock=clock, pace=Pace(1.0))


@pytest.fixture
def base(channels: TeamsSimulator) -> Iterator[str]:
    with Served(channels.app) as served:
        yield served.url


@pytest.fixture
def posting(
    sqlite_database: Database,
    clock: FakeClock,
    channels: TeamsSimulator,
    base: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Crowd]:
    """Two nodes at a Teams in real time."""
    for name in channels.channels():
        monkeypatch.setenv(f"T_{name}", channels.url(name, base))
    urls = {name: {"url": f"env:T_{name}"} for name in channels.channels()}
    settings = TeamsSettings.model_validate(
        {"allow_hosts": ["127.0.0.1"], "channels": urls, "reserve": 0.1}
    )
    crowd = at_vendor(sqlite_database, clock, teams.CONNECTOR, settings)
    yield crowd
    hang_up(crowd)


@pytest.fixture
def org_sim(clock: FakeClock) -> Iterator[SalesforceSimulator]:
    """An org that may make fifty calls a day."""
    sim = SalesforceSimulator(clock, Pace(1.0), setup=Setup(daily_requests=50))
    yield sim
    sim.close()


@pytest.fixture
def updating(
    sqlite_database: Database,
    clock: FakeClock,
    org_sim: SalesforceSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Crowd]:
    """Two nodes at that org."""
    monkeypatch.setenv("SF_SIM", org_sim.setup.client_secret)
    auth = {
        "flow": "client_credentials",
        "client_id": org_sim.setup.client_id,
        "client_secret": "env:SF_SIM",
    }
    with ExitStack() as stack:
        url = stack.enter_context(Served(org_sim.app)).url
        settings = org.settings_of(url=url, auth=auth, reserve=0.2)
        crowd = at_vendor(sqlite_database, clock, salesforce.CONNECTOR, settings)
        stack.callback(hang_up, crowd)
        yield crowd


def test_a_channel_gets_what_it_may_have_and_never_refuses_while_another_flows(
    posting: Crowd, channels: TeamsSimulator
) -> None:
    for number in range(80):
        card = {"channel": "alerts", "title": f"card {number}"}
        posting.first.owe(PostCard.kind, card, ordering_key=f"shop|channel:alerts|{number}")
    posting.work(12, step=0.2)
    within_12_seconds = len(channels.cards("alerts"))
    for number in range(4):
        card = {"channel": "support", "title": f"card {number}"}
        posting.first.owe(PostCard.kind, card, ordering_key=f"shop|channel:support|{number}")

    posting.work(1.4, step=0.2)
    calm = len(channels.cards("support"))
    posting.work(50, step=0.5)

    assert within_12_seconds >= 36
    assert calm == 4
    assert len(channels.cards("alerts")) == 80
    assert channels.answers[429] == 0


def test_a_refusal_that_hides_in_a_success_closes_the_channel_and_loses_no_card(
    posting: Crowd, channels: TeamsSimulator, base: str
) -> None:
    channels.hide_limits()
    for number in range(4):  # somebody else posts there too
        other = PostCard(channel="alerts", title=f"other {number}").card()
        headers = {"content-type": "application/json"}
        httpx.post(channels.url("alerts", base), content=message(other), headers=headers)
    card = {"channel": "alerts", "title": "ours"}
    delivery = posting.first.owe(PostCard.kind, card, ordering_key="shop|channel:alerts|1")
    posting.work(0.4, step=0.2)
    before = posting.first.delivery(delivery)

    posting.work(40, step=0.5)

    assert (before.state, before.error_code) == ("pending", "429")
    assert posting.first.delivery(delivery).state == "accepted"
    assert [card.title for card in channels.cards("alerts")].count("ours") == 1


def test_a_day_of_salesforce_ends_with_the_reserve_and_not_with_a_refusal(
    updating: Crowd, org_sim: SalesforceSimulator
) -> None:
    for number in range(70):
        update_case(updating, org_sim.create_case(Subject=f"case {number}"))
    updating.work(30, step=0.5)
    ordinary = org_sim.allocation.used
    urgent = update_case(updating, org_sim.create_case(Subject="down"), urgent=True)
    updating.work(3, step=0.5)
    before = updating.states()

    updating.first.clock.advance(DAY)
    updating.work(20, step=0.5)

    assert 30 <= ordinary <= 40
    assert updating.first.delivery(urgent).state == "succeeded"
    assert before["pending"] == 71 - before["succeeded"] >= 25
    assert updating.states()["succeeded"] > before["succeeded"]
    assert {row.error_code for row in updating.first.all()} == {""}


def test_a_refusal_for_the_day_is_no_permission_and_kills_nothing(
    updating: Crowd, org_sim: SalesforceSimulator
) -> None:
    org_sim.allocation.most = 0
    delivery = update_case(updating, org_sim.create_case(Subject="a case"))
    updating.work(5)
    waiting = updating.first.delivery(delivery)
    asked = org_sim.troubles.count.total() + sum(org_sim.requests.values())
    org_sim.allocation.most = 50

    updating.work(1_000, step=20)

    assert (waiting.state, waiting.tries, waiting.error_code) == (
        "pending",
        0,
        "REQUEST_LIMIT_EXCEEDED",
    )
    assert asked == 0
    assert updating.first.delivery(delivery).state == "succeeded"


@pytest.fixture
def site(clock: FakeClock) -> Iterator[JiraSimulator]:
    sim = JiraSimulator(clock=clock, pace=Pace(1.0), token="jira-token")
    yield sim
    sim.close()


@pytest.fixture
def editing(
    sqlite_database: Database,
    clock: FakeClock,
    site: JiraSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Crowd]:
    """Two nodes at that site."""
    monkeypatch.setenv("JIRA_SIM", "jira-token")
    with Served(site.app) as served:
        settings = settings_of(url=served.url, token="env:JIRA_SIM", email="bridge@example.com")
        crowd = at_vendor(sqlite_database, clock, jira.CONNECTOR, settings)
        yield crowd
        hang_up(crowd)


def test_the_points_of_an_hour_are_spent_to_the_reserve_and_come_back(
    editing: Crowd, site: JiraSimulator
) -> None:
    site.limit_points(60)
    issues = [f"jira:issue:{site.issue(site.create_issue('calm'))['id']}" for _ in range(80)]
    for issue in issues:
        comment_on(editing, issue, "once")
    editing.work(20, step=0.5)
    before = editing.states()

    editing.first.clock.advance(3_600)
    editing.work(20, step=0.5)

    assert 20 <= before["succeeded"] <= 54
    assert editing.states()["succeeded"] > before["succeeded"]
    assert {row.error_code for row in editing.first.all()} == {""}


def test_one_issue_is_edited_as_often_as_jira_lets_it_while_others_go_on(
    editing: Crowd, site: JiraSimulator
) -> None:
    hot = f"jira:issue:{site.issue(site.create_issue('hot'))['id']}"
    calm = [f"jira:issue:{site.issue(site.create_issue('calm'))['id']}" for _ in range(10)]
    for number in range(60):
        comment_on(editing, hot, f"{number}")
    editing.work(3, step=0.05)
    within_3_seconds = editing.states()["succeeded"]
    others = [comment_on(editing, issue, "once") for issue in calm]
    editing.work(1, step=0.2)
    done = {editing.first.delivery(one).state for one in others}

    editing.work(12, step=0.2)

    assert within_3_seconds >= 20
    assert done == {"succeeded"}
    assert editing.states() == {"succeeded": 70}
    assert {row.error_code for row in editing.first.all()} == {""}
    assert editing.first.heard.tried.count("transient") == 0
