"""The leader follows the folder: what is right becomes active, what is wrong is told and changes nothing."""

import pytest
from fastapi.testclient import TestClient

from bridge.access.keys import Role, create
from bridge.alarms import store as alarms
from bridge.alarms.alarm import Alarm
from bridge.pipeline.ruleset import switching
from bridge.web import api
from clocks import FakeClock
from duties.folder import FOLLOW, Followed
from duties.house import House
from logs import captured


@pytest.fixture
def followed(house: House, clock: FakeClock) -> Followed:
    made = Followed(house=house, clock=clock, leader=house.build(rules=FOLLOW))
    made.settle()
    return made


@pytest.fixture
def client(followed: Followed) -> TestClient:
    """Not started: nothing drains, and the leader ticks when a test says so."""
    with followed.database.transaction() as session:
        key = create(session, "ann", role=Role.OPERATOR, now=followed.clock.now())
    made = TestClient(api(followed.leader))
    made.headers["Authorization"] = f"Bearer {key.token}"
    return made


def alarm(followed: Followed) -> Alarm | None:
    with followed.database.reading() as session:
        return alarms.down(session, "mappings")


def roll_back(followed: Followed) -> None:
    with followed.database.transaction() as session:
        switching.roll_back(session, by="ann", why="too loud", now=followed.clock.now())


def test_a_changed_folder_becomes_active_and_the_history_says_how(followed: Followed) -> None:
    followed.name("An alert is told to all.")

    followed.settle()

    newest, first = followed.history()
    assert (newest.kind, newest.by, newest.changed) == ("follow", "folder", "rule told changed")
    assert newest.why == "the folder was changed"
    assert first.kind == "start"


def test_a_folder_that_nobody_touches_is_not_judged_again(followed: Followed) -> None:
    with captured() as log:
        followed.settle()

    assert len(followed.history()) == 1
    assert "rules." not in log.getvalue()


def test_a_folder_is_judged_again_when_there_are_other_channels_to_post_to(
    followed: Followed,
) -> None:
    """What was refused for want of a channel must not wait for the next edit."""
    follower, teams = followed.leader.follower, followed.leader.connections["teams"]
    before = follower.look()
    teams.take(teams.settings.model_copy(update={"channels": {}}))

    after = follower.look()

    assert before is None
    assert after is not None


def test_a_folder_is_only_read_at_a_start_unless_it_is_to_be_followed(
    house: House, clock: FakeClock
) -> None:
    alone = Followed(house=house, clock=clock, leader=house.build())
    alone.name("An alert is told to all.")

    alone.settle()

    assert [row.kind for row in alone.history()] == ["start"]


def test_what_is_still_being_written_is_not_read(followed: Followed) -> None:
    """Each half would be without fault."""
    for half in ("An alert is told to some.", "An alert is told to many."):
        followed.name(half)
        followed.look()
        followed.look()
    followed.name("An alert is told to all.")

    followed.settle()

    assert len(followed.history()) == 2
    with followed.database.reading() as session:
        active = followed.leader.world.sets.active(session)
    assert active.rules[0].form.description == "An alert is told to all."


def test_what_is_written_while_it_is_read_is_read_again(followed: Followed) -> None:
    followed.name("An alert is told to some.")
    followed.look()
    followed.meddle("An alert is told to all.")
    followed.look(4)
    between = len(followed.history())

    followed.settle()

    assert between == 1
    assert len(followed.history()) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("when: alert.created", "when: alert.creatd", "rules/told.yaml:6:11: `alert` has no event"),
        ("title: Tide", "state: up", "rules/told.yaml:11:9: test 'an alert is told'"),
        ("version: 1", "version: 1\n\t- x", "rules/told.yaml:"),
    ],
    ids=["a mistake", "a test that fails", "no YAML"],
)
def test_a_set_with_a_fault_never_replaces_the_running_one_and_the_failure_is_loud(
    followed: Followed, client: TestClient, old: str, new: str, said: str
) -> None:
    before = followed.active()
    followed.write(old, new)

    with captured() as log:
        followed.settle()
        followed.leader.worker.gauges()
    told = alarm(followed)
    ready, status = client.get("/readyz"), client.get("/api/v1/status").json()

    assert followed.active() == before
    assert told is not None
    assert said in told.text
    assert f"{before} stays active" in told.text
    assert "taken by itself" in told.remedy
    assert told.count == 1
    assert log.getvalue().count("rules.folder_refused") == 1
    assert "bridge_mappings_refused 1.0" in client.get("/metrics").text
    assert ready.status_code == 200
    assert ready.text.splitlines() == [
        "ready",
        "the mappings folder was not taken; GET /api/v1/status says more",
    ]
    assert said in status["mappings"]


def test_the_failure_is_over_once_the_folder_is_mended(
    followed: Followed, client: TestClient
) -> None:
    followed.write("when: alert.created", "when: alert.creatd")
    followed.settle()
    followed.name("An alert is told to all.")

    followed.settle()
    followed.leader.worker.gauges()

    assert alarm(followed) is None
    assert "bridge_mappings_refused 0.0" in client.get("/metrics").text
    assert client.get("/readyz").text == "ready\n"
    assert client.get("/api/v1/status").json()["mappings"] == ""
    assert followed.history()[0].kind == "follow"


def test_a_folder_that_is_gone_changes_nothing_and_is_told(followed: Followed) -> None:
    before = followed.active()
    mappings = followed.path.parents[1]
    mappings.rename(mappings.with_name("away"))

    followed.settle()
    told = alarm(followed)
    mappings.with_name("away").rename(mappings)
    followed.settle()

    assert told is not None
    assert "no such folder of mappings" in told.text
    assert followed.active() == before
    assert alarm(followed) is None


def test_what_was_rolled_back_stays_so_while_the_folder_is_followed_and_through_restarts(
    followed: Followed,
) -> None:
    first = followed.active()
    followed.name("An alert is told to all.")
    followed.settle()
    roll_back(followed)

    followed.settle()
    followed.restart()
    followed.settle()
    followed.path.touch()
    followed.settle()

    assert followed.active() == first
    assert [row.kind for row in followed.history()] == ["rollback", "follow", "start"]


def test_a_folder_that_holds_what_was_rolled_back_is_said_and_wakes_nobody(
    followed: Followed, client: TestClient
) -> None:
    followed.name("An alert is told to all.")
    followed.settle()
    second = followed.active()
    roll_back(followed)

    followed.settle()

    said = client.get("/api/v1/status").json()["mappings"]
    assert f"holds {second}, which was rolled back and is not taken again by itself" in said
    assert alarm(followed) is None
    assert client.get("/readyz").text == "ready\n"


def test_after_a_rollback_the_next_edit_is_taken(followed: Followed) -> None:
    followed.name("An alert is told to all.")
    followed.settle()
    roll_back(followed)

    followed.name("An alert is told to some.")
    followed.settle()

    assert [row.kind for row in followed.history()] == ["follow", "rollback", "follow", "start"]


def test_a_folder_that_is_set_back_is_not_taken_and_says_what_to_do(
    followed: Followed, client: TestClient
) -> None:
    first = followed.active()
    followed.name("An alert is told to all.")
    followed.settle()
    second = followed.active()

    followed.name("An alert is told.")
    followed.settle()
    told = alarm(followed)
    files = client.get(f"/api/v1/rules/sets/{first}/files").json()["files"]
    client.post("/api/v1/rules:activate", json={"files": files}, headers={"Idempotency-Key": "1"})
    followed.settle()

    assert told is not None
    assert f"holds {first}, which was active before" in told.text
    assert f"{second} is active" in told.text
    assert told.remedy == f"bridge rules activate {first}, or bridge rules rollback"
    assert followed.active() == first
    assert alarm(followed) is None


def test_an_activation_does_not_hide_that_the_folder_has_a_fault(
    followed: Followed, client: TestClient
) -> None:
    files = client.get("/api/v1/rules/sets/active/files").json()["files"]
    followed.write("when: alert.created", "when: alert.creatd")
    followed.settle()
    other = {**files, "people.yaml": "version: 1\n"}

    done = client.post(
        "/api/v1/rules:activate", json={"files": other}, headers={"Idempotency-Key": "1"}
    )
    between = alarm(followed)
    followed.settle()

    assert done.status_code == 200
    assert between is None
    assert alarm(followed) is not None


def test_only_the_node_that_leads_follows_the_folder(followed: Followed) -> None:
    other = followed.house.build(rules=FOLLOW)
    followed.name("An alert is told to all.")
    for _ in range(4):
        followed.clock.advance(2)
        other.worker.clockwork.tick()
    between = len(followed.history())

    followed.settle()

    assert between == 1
    assert [row.kind for row in followed.history()] == ["follow", "start"]
