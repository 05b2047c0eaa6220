"""Webhooks on real sockets: headers, signatures, repeats, losses, registrations."""

import hashlib
import hmac
import json

import httpx
import pytest

from bridge.connectors.jira.simulator import JiraSimulator, build
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from connectors.jira.simulator.harness import AUTH, Jira
from connectors.jira.simulator.receiver import SECRET, Receiver


def test_a_signed_webhook_arrives_with_its_headers(site: JiraSimulator, receiver: Receiver) -> None:
    site.create_issue("Bröken 陳")
    assert site.wait_idle()

    (headers,) = receiver.headers
    digest = hmac.new(SECRET.encode(), receiver.bodies[0], hashlib.sha256).hexdigest()
    assert headers["x-hub-signature"] == f"sha256={digest}"
    assert headers["x-atlassian-webhook-flow"] == "Primary"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-atlassian-webhook-identifier"]
    assert "x-atlassian-webhook-retry" not in headers
    assert json.loads(receiver.bodies[0])["issue"]["fields"]["summary"] == "Bröken 陳"


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503])
def test_some_answers_make_it_come_again_under_the_same_identifier(
    site: JiraSimulator, receiver: Receiver, status: int
) -> None:
    receiver.statuses = [status, status]
    site.create_issue("Broken")
    assert site.wait_idle()

    identifiers = {headers["x-atlassian-webhook-identifier"] for headers in receiver.headers}
    retries = [headers.get("x-atlassian-webhook-retry") for headers in receiver.headers]
    assert len(identifiers) == 1
    assert retries == [None, "1", "2"]
    assert site.webhooks_lost == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_a_4xx_loses_it_for_ever(site: JiraSimulator, receiver: Receiver, status: int) -> None:
    receiver.statuses = [status]
    site.create_issue("Broken")
    assert site.wait_idle()

    assert len(receiver.bodies) == 1
    assert site.webhooks_lost == 1


def test_a_payload_above_the_cap_is_dropped_without_a_word(
    site: JiraSimulator, receiver: Receiver
) -> None:
    """25 MB at Atlassian: a small cap here stands for it."""
    key = site.create_issue("Broken")
    assert site.wait_idle()
    site.site.hooks.most_bytes = len(receiver.bodies[0]) + 1_000

    site.edit_issue(key, {"description": "x" * 2_000})
    site.create_issue("Small")
    assert site.wait_idle()

    assert receiver.names() == ["jira:issue_created", "jira:issue_created"]
    assert site.webhooks_lost == 1


def test_five_repeats_are_the_last(site: JiraSimulator, receiver: Receiver) -> None:
    receiver.statuses = [503] * 10
    site.create_issue("Broken")
    assert site.wait_idle()

    assert len(receiver.bodies) == 6
    assert site.webhooks_lost == 1


def test_fallout_of_a_deletion_is_secondary(site: JiraSimulator, receiver: Receiver) -> None:
    key = site.create_issue("Broken")
    site.comment(key, "hello")
    site.delete_issue(key)
    assert site.wait_idle()

    flows = dict(
        zip(
            receiver.names(),
            [headers["x-atlassian-webhook-flow"] for headers in receiver.headers],
            strict=True,
        )
    )
    assert flows["jira:issue_deleted"] == "Primary"
    assert flows["comment_deleted"] == "Secondary"


def test_a_second_registration_sends_it_again_under_another_identifier(
    site: JiraSimulator, receiver: Receiver
) -> None:
    site.add_hook(receiver.url, secret=SECRET)
    site.create_issue("Broken")
    assert site.wait_idle()

    identifiers = {headers["x-atlassian-webhook-identifier"] for headers in receiver.headers}
    assert receiver.bodies[0] == receiver.bodies[1]
    assert len(identifiers) == 2


def test_a_hook_may_be_set_later_moved_and_taken_away(receiver: Receiver) -> None:
    site = build(pace=Pace(0.0001))
    assert site.webhook_url is None
    site.create_issue("Nobody hears")
    site.register_hook(receiver.url, events=["comment_created"])
    key = site.create_issue("Nobody asked")
    site.comment(key, "heard")
    site.webhook_url = None
    site.comment(key, "unheard")
    assert site.wait_idle()
    site.close()

    assert receiver.names() == ["comment_created"]
    assert "x-hub-signature" not in receiver.headers[0]


def test_data_center_never_repeats_and_has_no_identifier(receiver: Receiver) -> None:
    site = build(pace=Pace(0.0001), webhook_url=receiver.url, flavour="datacenter")
    receiver.statuses = [503]
    site.create_issue("Broken")
    assert site.wait_idle()
    site.close()

    assert len(receiver.bodies) == 1
    assert site.webhooks_lost == 1
    assert "x-atlassian-webhook-identifier" not in receiver.headers[0]
    assert receiver.queries == ["user_id=dana&user_key=dana"]


def test_an_automation_rule_sends_its_own_form_once(receiver: Receiver) -> None:
    site = build(pace=Pace(0.0001))
    site.add_automation(receiver.url, headers={"X-Secret": "s3cret"}, name="Tell")
    receiver.statuses = [503]
    key = site.create_issue("Broken")
    site.transition(key, "In Progress")
    assert site.wait_idle()
    site.close()

    (body,) = receiver.bodies
    assert receiver.headers[0]["x-secret"] == "s3cret"
    assert json.loads(body)["status"] == "In Progress"
    assert json.loads(body)["rule"] == "Tell"
    assert "webhookEvent" not in json.loads(body)
    assert site.webhooks_lost == 1


def test_webhooks_are_registered_over_rest_and_their_jql_counts(
    site: JiraSimulator, receiver: Receiver
) -> None:
    body = {
        "name": "ours",
        "url": receiver.url,
        "events": ["jira:issue_created"],
        "filters": {"issue-related-events-section": "project = OPS"},
        "secret": "x",
    }
    with Served(site.app) as served, httpx.Client(auth=AUTH, trust_env=False) as client:
        site.webhook_url = None
        path = f"{served.url}/rest/webhooks/1.0/webhook"
        made = client.post(path, json=body)
        listed = client.get(path).json()
        site.create_issue("In the wrong project")
        site.create_issue("In the right one", project="OPS")
        assert site.wait_idle()
        removed = client.delete(made.json()["self"].replace(site.site_url, served.url))

    assert (made.status_code, made.json()["isSigned"]) == (201, True)
    assert "secret" not in listed[0]
    assert [json.loads(body)["issue"]["key"] for body in receiver.bodies] == ["OPS-1"]
    assert removed.status_code == 204
    assert site.site.hooks.hooks == {}


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://bridge.example.com/hook"},
        {"url": "https://bridge.example.com:9999/hook"},
        {"url": ""},
        {"name": ""},
        {"filters": {"issue-related-events-section": "colour = red"}},
    ],
)
def test_a_wrong_registration_is_refused(jira: Jira, change: dict[str, object]) -> None:
    body = {"name": "ours", "url": "https://bridge.example.com/hook", **change}

    assert jira.post("/rest/webhooks/1.0/webhook", body).status_code == 400


def test_registering_needs_an_admin(jira: Jira) -> None:
    jira.sim.deny("ADMINISTER")

    assert jira.get("/rest/webhooks/1.0/webhook").status_code == 403
