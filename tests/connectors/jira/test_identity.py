"""One fact is one identity, by whatever way it came."""

import itertools
from typing import Any

import pytest

from bridge.canonical.event import Act
from bridge.connectors.contract import Snapshot
from bridge.connectors.jira.inbound import translate
from bridge.connectors.jira.mark import mark_label
from bridge.connectors.jira.settings import JiraSettings
from bridge.connectors.mark import Mark
from connectors.jira.harbour import sample, settings_of, signed, unsigned

Identity = tuple[str, Act, str]


def shown(payload: dict[str, Any], settings: JiraSettings) -> tuple[Snapshot, ...]:
    return translate(settings, signed(payload)).snapshots


def identity(snapshot: Snapshot) -> Identity:
    return str(snapshot.ref), snapshot.act, snapshot.version


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("comment_created", "dc_comment_created__no_issue"),
        ("comment_created", "dc_issue_updated__commented"),
        ("comment_updated", "dc_issue_updated__comment_edited"),
        ("version_deleted__merged", "version_merged"),
        ("issue_created", "issue_created__with_changelog"),
        ("automation__issue_jira_format", "automation__issue_automation_format"),
        ("automation__issue_jira_format", "automation__custom_data_with_updated"),
        ("automation__issue_jira_format", "service_management__old_automation"),
    ],
)
def test_two_ways_are_one_fact(one: str, other: str, settings: JiraSettings) -> None:
    facts = {tuple(map(identity, shown(sample(name), settings))) for name in (one, other)}

    assert len(facts) == 1


def test_a_second_registration_and_a_retry_are_the_same_fact(settings: JiraSettings) -> None:
    payload = sample("issue_updated__status")
    again = {**payload, "timestamp": payload["timestamp"] + 61_000, "matchedWebhookIds": [7]}

    assert [identity(one) for one in shown(payload, settings)] == [
        identity(one) for one in shown(again, settings)
    ]


@pytest.mark.parametrize("number", [88123, "88123"], ids=["number", "text"])
def test_a_changelog_id_is_one_whether_number_or_text(
    number: object, settings: JiraSettings
) -> None:
    payload = sample("issue_updated__status")
    payload["changelog"]["id"] = number

    (snapshot,) = shown(payload, settings)

    assert snapshot.version == "88123"


@pytest.mark.parametrize("offset", ["09:30:45.120+0000", "10:30:45.120+0100", "09:30:45.120Z"])
def test_the_offset_of_a_time_is_no_part_of_the_fact(offset: str, settings: JiraSettings) -> None:
    payload = sample("issue_updated__no_changelog")
    payload["issue"]["fields"]["updated"] = f"2026-11-19T{offset}"

    (snapshot,) = shown(payload, settings)

    assert snapshot.version == "2026-11-19T09:30:45.120+00:00"
    assert snapshot.stamp == snapshot.occurred_at


def test_two_changes_of_one_issue_are_two_facts(settings: JiraSettings) -> None:
    names = ["issue_updated__status", "issue_updated__own", "issue_updated__no_changelog"]
    facts = [identity(shown(sample(name), settings)[0]) for name in names]

    assert all(one != other for one, other in itertools.combinations(facts, 2))


def test_a_moved_issue_keeps_its_address(settings: JiraSettings) -> None:
    (before,) = shown(sample("issue_created"), settings)
    (after,) = shown(sample("issue_updated__moved"), settings)

    assert after.ref == before.ref
    assert after.fields["key"] == "PLT-3"
    assert after.fields["url"] == "https://harbour.atlassian.net/browse/PLT-3"


def test_only_a_change_log_of_our_account_is_our_own(settings: JiraSettings) -> None:
    ours = sample("issue_updated__own")
    created = {**sample("issue_created"), "user": ours["user"]}
    empty = {**sample("issue_updated__empty_changelog"), "user": ours["user"]}

    own = [shown(payload, settings)[0].own for payload in (ours, created, empty)]

    assert own == [True, False, False]
    assert not shown(sample("issue_updated__status"), settings)[0].own
    assert not shown(ours, settings_of(account_id=None))[0].own


@pytest.mark.parametrize("account", ["lfjord", "JIRAUSER10200"])
def test_on_data_center_our_account_is_a_user_name_or_key(account: str) -> None:
    payload = sample("dc_issue_updated__resolved_with_comment")

    settings = settings_of(flavour="datacenter", email=None, account_id=account)

    assert [one.own for one in shown(payload, settings)] == [True, False]


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("comment_created", True),
        ("comment_created__internal", False),
        ("comment_created__restricted", False),
        ("dc_comment_created__no_issue", None),  # nobody says
    ],
)
def test_internal_and_restricted_comments_are_not_public(
    name: str,
    public: bool | None,
    settings: JiraSettings,
) -> None:
    (snapshot,) = shown(sample(name), settings)

    assert snapshot.fields["public"] is public
    assert snapshot.fields["issue"]["ref"] == "jira:issue:20417"


def test_custom_data_without_a_time_is_told_apart_by_its_event_id(settings: JiraSettings) -> None:
    payload = sample("automation__custom_data")

    (snapshot,) = translate(settings, unsigned(payload)).snapshots

    assert snapshot.version == payload["eventId"]
    assert snapshot.complete is False
    assert snapshot.fields["status"] == {"name": "Building"}
    assert snapshot.fields["resolution"] is None


def test_an_issue_that_carries_our_label_is_known_as_ours(settings: JiraSettings) -> None:
    payload = sample("issue_created")
    payload["issue"]["fields"]["labels"] = ["customer", mark_label("dlv_abc")]

    (ours,) = shown(payload, settings)
    (other,) = shown(sample("issue_created"), settings)

    key = payload["issue"]["key"]
    assert ours.mark == Mark(write_keys=("dlv_abc",), key=key, url=settings.browse(key))
    assert other.mark is None
