"""Both kinds of Jira in one `bridge.yaml`: each has its own tokens, searches, people and webhooks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.connectors.registration import Standing
from bridge.pipeline.registering.standing import repaired, standing
from e2e.two_jiras import Town, comes, town

SIDES = {"jira": "Router", "jira-dc": "Gateway"}


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as made:
        yield made


@pytest.fixture
def untold(tmp_path: Path) -> Iterator[Town]:
    """No Jira sends a webhook."""
    with town(tmp_path, told=False) as made:
        yield made


def test_each_case_is_worked_on_at_its_own_jira_and_both_ends_stay_in_step(both: Town) -> None:
    cases = {site: both.case(product, f"{product} reboots") for site, product in SIDES.items()}
    made = {site: comes(lambda site=site: both.issue(site)) for site in SIDES}

    for site, jira in both.sites.items():
        key = both.issue(site)["key"]
        jira.edit_issue(key, {"summary": f"{SIDES[site]} reboots at night"})
        jira.transition(key, "In Progress")
    there = {
        site: comes(
            lambda case=case, site=site: (
                both.shown(case, "Subject") == f"{SIDES[site]} reboots at night"
                and both.shown(case, "Jira_Status__c") == "In progress"
            )
        )
        for site, case in cases.items()
    }
    for site, case in cases.items():
        both.here.salesforce.edit("Case", case, Subject=f"{SIDES[site]}: solved")
    back = {
        site: comes(lambda site=site: both.title(site) == f"{SIDES[site]}: solved")
        for site in SIDES
    }

    assert made == there == back == dict.fromkeys(SIDES, True)
    assert [len(jira.issues()) for jira in both.sites.values()] == [1, 1]
    assert both.own.refused_credentials == both.here.jira.refused_credentials == 0


def test_what_is_said_and_attached_at_either_end_is_on_the_other(both: Town) -> None:
    both.plan()
    org, large = both.here.salesforce, bytes(range(256)) * 3_000
    cases = {site: both.case(product, product) for site, product in SIDES.items()}
    made = {site: comes(lambda site=site: both.issue(site)) for site in SIDES}

    for site, jira in both.sites.items():
        key = both.issue(site)["key"]
        said = jira.comment(key, "Ebb")
        jira.comment(key, "For developers", visible_to="Developers")
        jira.edit_comment(key, said, "Low tide")
        jira.attach(key, "shot.png", large, by="ivo")
        org.comment(cases[site], "Which build?", published=True)
        org.attach(cases[site], "log.txt", "It reboots")

    public = ["Low tide", "Which build?"]
    on_both = {"shot.png": large, "log.txt": b"It reboots"}

    def is_there(site: str) -> bool:
        both.search()
        said = both.said(cases[site], site) == (public, sorted(["For developers", *public]))
        return said and both.files(cases[site], site) == (on_both, on_both)

    there = {site: comes(lambda site=site: is_there(site)) for site in SIDES}

    assert made == there == dict.fromkeys(SIDES, True)
    assert len(both.here.jira.site.state.led) == 1  # Cloud alone has a media store
    assert both.own.refused_credentials == both.here.jira.refused_credentials == 0


def test_what_neither_told_is_found_by_the_search_of_each(untold: Town) -> None:
    untold.plan()
    cases = {site: untold.case(product, product) for site, product in SIDES.items()}
    made = {site: comes(lambda site=site: untold.knows(site)) for site in SIDES}

    for site, jira in untold.sites.items():
        jira.edit_issue(untold.issue(site)["key"], {"summary": f"Found at {site}"})

    def is_found(site: str) -> bool:
        untold.search()
        return bool(untold.shown(cases[site], "Subject") == f"Found at {site}")

    found = {site: comes(lambda site=site: is_found(site)) for site in SIDES}

    assert made == found == dict.fromkeys(SIDES, True)
    assert untold.here.jira.requests["POST /search/jql"] > 0
    assert untold.own.requests["POST /search"] > 0
    assert untold.own.requests["POST /search/jql"] == 0


def test_a_webhook_of_one_is_no_proof_at_the_other(both: Town) -> None:
    both.here.jira.register_hook(
        f"{both.url}/webhooks/jira-dc", secret=both.here.jira.webhook_secret
    )

    both.here.jira.create_issue("From nowhere")

    assert both.here.jira.wait_idle()
    assert both.here.jira.webhooks_lost == 1
    assert both.own.issues() == []


def test_the_webhooks_of_both_are_put_right_each_in_its_own_way(untold: Town) -> None:
    linked = untold.bridge.connections
    before = {name: standing(untold.bridge.world, linked[name]) for name in SIDES}

    for name, findings in before.items():
        repaired(linked[name], findings)

    after = {name: standing(untold.bridge.world, linked[name]) for name in SIDES}
    assert [one.standing for found in before.values() for one in found] == [Standing.MISSING] * 2
    assert [one.standing for found in after.values() for one in found] == [Standing.THERE] * 2
    assert [
        hook.secret for jira in untold.sites.values() for hook in jira.site.hooks.hooks.values()
    ] == [untold.here.jira.webhook_secret or "demo-webhook-secret", "a-secret-of-our-own-jira"]
