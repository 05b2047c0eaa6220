"""A node takes the channels of a changed `bridge.yaml` while it runs, and nothing that has a fault."""

import httpx
import pytest
import yaml
from fastapi.testclient import TestClient

from bridge.access.keys import Role, create
from bridge.alarms import store as alarms
from bridge.connectors.teams.settings import TeamsSettings
from bridge.pipeline.ruleset import switching
from bridge.process import Bridge
from bridge.web import api
from clocks import FakeClock
from duties.folder import FOLLOW, SETTLE
from duties.house import MAPPINGS, TEAMS_URL, House
from logs import captured

ALARM = [{"teams": {"connection": "teams", "channel": "alarms"}}]


@pytest.fixture
def bridge(house: House) -> Bridge:
    return house.build(rules=FOLLOW, alarms=ALARM)


class Edits:
    """Hands on the file, and the time until a node has looked."""

    def __init__(self, house: House, bridge: Bridge, clock: FakeClock) -> None:
        self.house, self.bridge, self.clock = house, bridge, clock

    def channels(self, **channels: str) -> None:
        """These are the channels now: name -> where its URL is kept."""
        named = {name: {"url": url} for name, url in channels.items()}
        self.change("teams", channels=named)

    def change(self, connection: str, **settings: object) -> None:
        config = self.house.folder / "bridge.yaml"
        document = yaml.safe_load(config.read_text("utf-8"))
        document["connections"][connection] |= settings
        fresh = config.with_name("new.yaml")
        fresh.write_text(yaml.safe_dump(document), "utf-8")
        fresh.replace(config)  # as editors and Kubernetes do

    def settle(self) -> None:
        for _ in range(SETTLE):
            self.clock.advance(2)
            self.bridge.worker.look()

    @property
    def names(self) -> set[str]:
        settings = self.bridge.connections["teams"].settings
        assert isinstance(settings, TeamsSettings)
        return set(settings.channels)


@pytest.fixture
def edits(house: House, bridge: Bridge, clock: FakeClock) -> Edits:
    (house.folder / "other").write_text(
        TEAMS_URL.replace("default0a1b2c3d", "default99999999"), encoding="utf-8"
    )
    return Edits(house, bridge, clock)


@pytest.fixture
def client(bridge: Bridge) -> TestClient:
    with bridge.database.transaction() as session:
        key = create(session, "ann", role=Role.VIEWER, now=bridge.clock.now())
    made = TestClient(api(bridge))
    made.headers["Authorization"] = f"Bearer {key.token}"
    return made


def test_a_new_channel_gets_its_cards_without_a_restart_by_the_client_that_is_at_work(
    edits: Edits, bridge: Bridge, house: House
) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(202)

    teams = bridge.connections["teams"]
    teams.transport = httpx.MockTransport(answer)
    before = teams.client
    before.post("alarms", b"{}")
    edits.channels(alarms=f"file:{house.folder / 'teams'}", sales=f"file:{house.folder / 'other'}")

    edits.settle()
    teams.client.post("sales", b"{}")

    assert edits.names == {"alarms", "sales"}
    assert teams.client is before
    assert [host.partition(".")[0][:15] for host in asked] == ["default0a1b2c3d", "default99999999"]


@pytest.mark.parametrize("url", ["https://example.com/written/out", "file:{folder}/wrong"])
def test_a_file_with_a_fault_changes_nothing_and_is_told_until_it_is_mended(
    edits: Edits, bridge: Bridge, house: House, client: TestClient, url: str
) -> None:
    (house.folder / "wrong").write_text("https://acme.webhook.office.com/webhookb2/1", "utf-8")
    good = f"file:{house.folder / 'teams'}"
    edits.channels(alarms=good, support=good, sales=url.format(folder=house.folder))

    with captured() as log:
        edits.settle()
    names, ready = edits.names, client.get("/readyz")
    status = client.get("/api/v1/status").json()["settings"]
    metric = "bridge_settings_refused 1.0" in client.get("/metrics").text
    with bridge.database.reading() as session:
        alarm = alarms.down(session, "settings")
    edits.channels(alarms=good, support=good)
    edits.settle()

    assert names == {"alarms"}
    assert (ready.status_code, ready.text.splitlines()[0]) == (200, "ready")
    assert "the file of settings was not taken" in ready.text
    assert "channels.sales.url" in status
    assert "what was good last stays" in status
    assert metric
    assert alarm is not None
    assert log.getvalue().count("settings.refused") == 1
    assert edits.names == {"alarms", "support"}
    assert client.get("/readyz").text == "ready\n"
    assert client.get("/api/v1/status").json()["settings"] == ""
    assert "bridge_settings_refused 0.0" in client.get("/metrics").text
    with bridge.database.reading() as session:
        assert alarms.down(session, "settings") is None


def test_what_needs_a_restart_is_named_and_the_channels_are_taken_all_the_same(
    edits: Edits, house: House, client: TestClient
) -> None:
    good = f"file:{house.folder / 'teams'}"
    edits.channels(alarms=good, support=good)
    edits.change("jira", url="http://127.0.0.1:10", concurrency=3)

    with captured() as log:
        edits.settle()

    assert edits.names == {"alarms", "support"}
    assert client.get("/api/v1/status").json()["settings"] == (
        "changed, and waits for a restart: connections.jira.concurrency, connections.jira.url"
    )
    assert log.getvalue().count("settings.wait_for_restart") == 1
    assert edits.bridge.connections["jira"].settings.concurrency == 8


def test_a_channel_that_alarms_go_to_is_not_taken_away(
    edits: Edits, house: House, client: TestClient
) -> None:
    edits.channels(support=f"file:{house.folder / 'teams'}")

    edits.settle()

    assert edits.names == {"alarms"}
    assert "teams has no channel alarms" in client.get("/api/v1/status").json()["settings"]


def test_a_channel_that_an_active_rule_posts_to_stays_until_no_rule_does(
    house: House, clock: FakeClock
) -> None:
    """The set and the file may come in either order."""
    edits = Edits(house, house.build(rules=FOLLOW), clock)
    edits.channels(sales=f"file:{house.folder / 'teams'}")
    edits.settle()
    refused = edits.bridge.settings_watch.fault
    before = edits.names

    world = edits.bridge.world
    files = {
        name: text.replace("channel: alarms", "channel: sales") for name, text in MAPPINGS.items()
    }
    wanted = world.sets.compile(files).hash
    with world.database.transaction() as session:
        now = clock.now()
        switching.activate(session, wanted, files, by="ann", why="", kind="activate", now=now)
    edits.settle()

    assert "rule told posts to alarms of teams, which is not there" in refused
    assert before == {"alarms"}
    assert edits.names == {"sales"}
    assert edits.bridge.settings_watch.fault == ""


def test_without_follow_a_changed_file_waits_for_a_restart(house: House, clock: FakeClock) -> None:
    edits = Edits(house, house.build(), clock)
    edits.channels(sales=f"file:{house.folder / 'teams'}")

    edits.settle()

    assert edits.names == {"alarms"}


def test_a_start_with_a_mended_file_ends_the_alarm(
    edits: Edits, bridge: Bridge, house: House
) -> None:
    edits.channels(sales="https://example.com/written/out")
    edits.settle()
    with bridge.database.reading() as session:
        before = alarms.down(session, "settings")
    house.build(rules=FOLLOW, alarms=ALARM)

    with bridge.database.reading() as session:
        after = alarms.down(session, "settings")
    assert before is not None
    assert after is None
