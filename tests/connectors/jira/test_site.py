"""Reads, checks and lost answers, at the simulated sites over real sockets."""

from collections.abc import Mapping

import pytest

from bridge.canonical.event import Act
from bridge.connectors.checking import CheckResult
from bridge.connectors.jira.actions import (
    AddComment,
    CreateIssue,
    LinkRemote,
    TransitionIssue,
    UpdateIssue,
)
from bridge.connectors.jira.check import check
from bridge.connectors.jira.reader import query, read, resolve
from bridge.errors import AmbiguousOutcome, CredentialError, PermanentError, TransientError
from clocks import FakeClock
from connectors.jira.sites import World, client_of

KEY = "wrk_mzxw6ytboi"


def test_issues_are_read_by_id_in_as_few_calls_as_can_be(world: World) -> None:
    keys = [world.sim.create_issue(f"Tide {number}") for number in range(120)]
    ids = [str(world.sim.issue(key)["id"]) for key in keys]
    world.sim.requests.clear()

    found = read(world.client, "jira", "issue", ids, ["status.name", "duedate"])

    assert {snapshot.ref.id for snapshot in found} == set(ids)
    assert sum(world.sim.requests.values()) == 2
    first = next(snapshot for snapshot in found if snapshot.ref.id == ids[0])
    assert first.fields["status"]["name"] == "To Do"
    assert first.fields["key"] == keys[0]
    assert (first.act, first.complete) == (Act.SEEN, True)
    assert first.version
    assert first.stamp is not None
    assert "summary" not in first.fields


def test_issues_that_are_gone_are_left_out(world: World) -> None:
    keys = [world.sim.create_issue(f"Tide {number}") for number in range(9)]
    ids = [str(world.sim.issue(key)["id"]) for key in keys]
    world.sim.delete_issue(keys[3])

    found = read(world.client, "jira", "issue", [*ids, "99999"], [])

    assert {snapshot.ref.id for snapshot in found} == set(ids) - {ids[3]}
    assert read(world.client, "jira", "issue", ["99999"], []) == []


def test_nothing_named_means_every_field(world: World) -> None:
    number = world.sim.issue(world.sim.create_issue("Tide"))["id"]

    (found,) = read(world.client, "jira", "issue", [number], [])

    assert {"summary", "labels", "customfield_10031"} <= set(found.fields)


def test_a_query_pages_to_its_end(world: World) -> None:
    for number in range(130):
        world.sim.create_issue(f"Tide {number}")

    rows = list(query(world.client, "project = ENG ORDER BY key", ["summary"]))

    assert len({row["id"] for row in rows}) == 130
    assert {row["summary"] for row in rows} >= {"Tide 0", "Tide 129"}
    assert rows[0]["url"].startswith(world.settings.url)


def test_a_moved_issue_is_found_under_its_former_key(world: World) -> None:
    key, other = world.create(), world.sim.create_issue("Other")
    number = str(world.sim.issue(key)["id"])
    new = world.sim.move_issue(key, "OPS")

    found = resolve(world.client, "jira", "issue", [key, new, other, "ENG-999"])

    assert {key: refs[0].id for key, refs in found.items() if key != other} == {
        key: number,
        new: number,
    }
    assert other in found


def test_only_issues_can_be_read(world: World) -> None:
    with pytest.raises(PermanentError, match="only issues"):
        read(world.client, "jira", "comment", ["1"], [])


def failed(results: list[CheckResult]) -> Mapping[str, str]:
    assert all(line.remedy for line in results if not line.ok)
    return {line.name: line.detail for line in results if not line.ok}


def test_doctor_finds_nothing_wrong_where_nothing_is(world: World) -> None:
    assert failed(list(check(world.client))) == {}


def test_doctor_proves_permissions_and_says_which_are_missing(world: World) -> None:
    world.sim.deny("TRANSITION_ISSUES")
    settings = world.settings.model_copy(update={"project": "ENG", "projects": ("OPS", "GONE")})

    with client_of(settings) as client:
        found = failed(list(check(client)))

    assert found["permissions in ENG"] == "missing: TRANSITION_ISSUES"
    assert "404" in found["permissions in GONE"]
    assert set(found) == {f"permissions in {name}" for name in ("ENG", "OPS", "GONE")}


def test_doctor_sees_a_dead_token_and_a_foreign_account(world: World) -> None:
    settings = world.settings.model_copy(update={"account_id": "712020:somebody"})
    with client_of(settings) as client:
        foreign = failed(list(check(client)))
    world.sim.revoke_credentials()

    dead = failed(list(check(world.client)))

    assert "another account" in foreign["credentials"]
    assert "401" in dead["credentials"]


def test_doctor_asks_for_no_new_token_where_no_site_answers(world: World) -> None:
    settings = world.settings.model_copy(update={"url": "http://127.0.0.1:9"})
    with client_of(settings) as client:
        remedies = {line.name: line.remedy for line in check(client) if not line.ok}

    assert remedies["credentials"] == remedies["reachable"]
    assert "address" in remedies["credentials"]


def test_doctor_sees_that_nobody_can_be_let_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JIRA_HOOK")

    assert "JIRA_HOOK" in failed(list(check(world.client)))["webhook secret"]


def test_a_cut_after_the_effect_is_found_and_not_repeated(world: World) -> None:
    action = CreateIssue(project="ENG", type="Task", summary="Tides")
    world.sim.faults.next("cut_after", method="POST", path_contains="/issue")

    with pytest.raises(AmbiguousOutcome):
        action.run(world.client, KEY)

    found = action.find(world.client, KEY)
    assert found is not None
    assert [issue["key"] for issue in world.sim.issues()] == [found.key]


def test_a_cut_before_the_effect_leaves_nothing_to_find(world: World) -> None:
    action = CreateIssue(project="ENG", type="Task", summary="Tides")
    world.sim.faults.next("cut_before", method="POST", path_contains="/issue")

    with pytest.raises(AmbiguousOutcome):
        action.run(world.client, KEY)

    assert action.find(world.client, KEY) is None


@pytest.mark.parametrize("fault", ["cut_after", "server_error_after"])
def test_a_comment_whose_answer_is_lost_is_found(world: World, fault: str) -> None:
    action = AddComment(issue=world.create(), body="Seen")
    world.sim.faults.next(fault, method="POST", path_contains="/comment")

    with pytest.raises(AmbiguousOutcome):
        action.run(world.client, KEY)

    assert action.find(world.client, KEY) is not None


@pytest.mark.parametrize("fault", ["cut_after", "server_error_after"])
def test_what_is_safe_twice_is_done_once(world: World, fault: str) -> None:
    key = world.create()
    url = "https://crm.example/5"
    actions = [
        (UpdateIssue(issue=key, summary="Tides at noon"), "PUT", key),
        (TransitionIssue(issue=key, to="In Progress"), "POST", "/transitions"),
        (LinkRemote(issue=key, url=url, title="Case"), "POST", "/remotelink"),
    ]
    for action, method, path in actions:
        world.sim.faults.next(fault, method=method, path_contains=path)
        with pytest.raises((AmbiguousOutcome, TransientError)):
            action.run(world.client, KEY)
        action.run(world.client, KEY)

    assert world.sim.status(key) == "In Progress"
    assert world.sim.issue(key)["fields"]["summary"] == "Tides at noon"
    assert len(world.sim.remote_links(key)) == 1


def test_search_lags_and_the_settle_time_outlasts_it(world: World, clock: FakeClock) -> None:
    world.sim.set_index_lag(30.0 / world.sim.site.state.pace.scale)
    action = CreateIssue(project="ENG", type="Task", summary="Tides")
    action.run(world.client, KEY)

    early = action.find(world.client, KEY)
    clock.advance(CreateIssue.settle)

    assert early is None
    assert action.find(world.client, KEY) is not None


def test_a_dead_token_is_a_matter_of_credentials(world: World) -> None:
    world.sim.revoke_credentials()

    with pytest.raises(CredentialError):
        AddComment(issue="ENG-1", body="x").run(world.client, KEY)


def test_too_many_requests_say_when_to_come_again(world: World) -> None:
    key = world.create()
    world.sim.faults.next("rate_limited", method="POST", path_contains="/comment")

    with pytest.raises(TransientError) as caught:
        AddComment(issue=key, body="x").run(world.client, KEY)

    assert caught.value.retry_after is not None


def test_a_field_that_a_type_demands_is_named_by_jira(world: World) -> None:
    with pytest.raises(PermanentError, match="customfield_10031"):
        CreateIssue(project="ENG", type="Bug", summary="x").run(world.client, KEY)
