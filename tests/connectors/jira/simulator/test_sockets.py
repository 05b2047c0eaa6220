"""The REST side on real sockets: a whole round, faults, and the back door."""

from collections.abc import Iterator

import httpx
import pytest

from bridge.connectors.jira.simulator import JiraSimulator, build
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from connectors.jira.simulator.harness import AUTH
from connectors.jira.simulator.receiver import Receiver


@pytest.fixture
def client(site: JiraSimulator) -> Iterator[httpx.Client]:
    with Served(site.app) as served:
        site.site_url = served.url
        with httpx.Client(base_url=served.url, auth=AUTH, trust_env=False) as client:
            yield client


NEW = {"fields": {"project": {"key": "ENG"}, "issuetype": {"name": "Task"}, "summary": "Broken"}}


def test_a_whole_round_on_sockets(
    site: JiraSimulator, client: httpx.Client, receiver: Receiver
) -> None:
    made = client.post("/rest/api/2/issue", json=NEW).json()
    done = client.post(
        f"/rest/api/2/issue/{made['key']}/transitions", json={"transition": {"id": "11"}}
    )
    assert site.wait_idle()

    assert made["self"] == f"{site.site_url}/rest/api/2/issue/{made['id']}"
    assert (done.status_code, done.content) == (204, b"")
    assert receiver.names() == ["jira:issue_created", "jira:issue_updated"]


@pytest.mark.parametrize(("fault", "made"), [("cut_before", 0), ("cut_after", 1)])
def test_a_create_may_be_cut_before_or_after_its_effect(
    site: JiraSimulator, client: httpx.Client, fault: str, made: int
) -> None:
    site.faults.next(fault, method="POST", path_contains="/issue")

    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/rest/api/2/issue", json=NEW)
    assert len(site.issues()) == made


def test_an_injected_429_has_jiras_headers_and_no_effect(
    site: JiraSimulator, client: httpx.Client
) -> None:
    site.faults.next("rate_limited")

    answer = client.post("/rest/api/2/issue", json=NEW)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.headers["ratelimit-reason"] == "jira-burst-based"
    assert site.issues() == []


def test_a_dropped_webhook_comes_again(site: JiraSimulator, receiver: Receiver) -> None:
    site.faults.next("drop")
    site.create_issue("Broken")
    assert site.wait_idle()

    assert [headers["x-atlassian-webhook-retry"] for headers in receiver.headers] == ["1"]


def test_people_and_state_are_reached_over_http(site: JiraSimulator, client: httpx.Client) -> None:
    key = client.post("/_sim/person/create_issue", json={"summary": "Broken"}).json()
    client.post("/_sim/person/transition", json={"key": key, "status": "In Progress"})
    refused = client.post("/_sim/person/set_due", json={"key": key, "due": "soon"})
    assert site.wait_idle()

    state = client.get("/_sim/state").json()
    assert state["issues"][0]["fields"]["status"]["name"] == "In Progress"
    assert (state["webhooks_lost"], state["idle"]) == (0, True)
    assert "duedate" in refused.json()["errors"]


def test_an_admin_is_reached_over_http(client: httpx.Client, receiver: Receiver) -> None:
    client.post("/_sim/person/revoke_credentials")
    dead = client.get("/rest/api/2/myself").status_code
    client.post("/_sim/person/restore_credentials", json={"token": "next"})
    rotated = client.get("/rest/api/2/myself").status_code
    client.post("/_sim/person/register_hook", json={"url": None})
    client.post("/_sim/person/create_issue", json={"summary": "Unheard"})

    assert (dead, rotated) == (401, 401)  # this client still has the old token
    assert client.get("/_sim/state").json()["webhooks"] == {}
    assert receiver.bodies == []


def test_the_same_seed_gives_the_same_identifiers(receiver: Receiver) -> None:
    for _ in range(2):
        site = build(pace=Pace(0.0001), seed=7, webhook_url=receiver.url)
        site.create_issue("Broken")
        assert site.wait_idle()
        site.close()

    first, second = (headers["x-atlassian-webhook-identifier"] for headers in receiver.headers)
    assert first == second
