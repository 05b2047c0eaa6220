"""Events, records, explaining, replays, cancels and rules by HTTP, through the real app."""

from typing import Any

import pytest
from sqlalchemy import update

from bridge.access.keys import Role
from bridge.outbox.tables import DeliveryRow, State
from bridge.rules.tables import RuleSetRow
from inbox.house import INCIDENT, House
from pipeline.client import Api
from pipeline.town import rule

CARD = rule(
    when="work_item.created", do="[{teams.post_card: {channel: operations, title: hello}}]"
).replace("feedback.created", "work_item.updated")
READS = (
    "/events",
    "/events?matched=none",
    "/events/evt_x",
    "/records?ref=ENG-9",
    "/links/lnk_x",
    "/explain?what=ENG-9",
    "/events/evt_x/explain",
    "/records/explain?ref=ENG-9",
    "/replays",
    "/replays/rpl_x",
    "/replays/rpl_x/items",
    "/rules",
    "/rules/history",
)
ACTS: dict[str, dict[str, Any]] = {
    "/replays": {"filter": {"state": ["dead"]}},
    "/replays/rpl_x:run": {},
    "/replays/rpl_x:pause": {},
    "/replays/rpl_x:resume": {},
    "/replays/rpl_x:cancel": {},
    "/deliveries/dlv_x:edit": {"set": {"title": "x"}},
    "/deliveries:cancel": {"filter": {"state": ["dead"]}},
    "/holds/hld_x:release": {},
    "/holds/hld_x:discard": {},
    "/holds/hld_x:set": {},
    "/rules:activate": {"files": {"rules/r.yaml": CARD}},
    "/rules:rollback": {},
}


@pytest.fixture
def api(house: House) -> Api:
    """An operator's client of a house that has heard of one incident and one task."""
    house.jira(INCIDENT)
    fields = {**INCIDENT["issue"]["fields"], "issuetype": {"id": "10001", "name": "Task"}}
    house.jira({**INCIDENT, "issue": {"id": "10232", "key": "ENG-10", "fields": fields}})
    house.drain()
    house.gather()
    return Api(house.client(Role.OPERATOR))


@pytest.fixture
def card(api: Api) -> str:
    """The incident's card, which is owed."""
    (owed,) = api.get("/deliveries")["items"]
    return str(owed["id"])


def test_nobody_reads_without_a_key(house: House) -> None:
    nobody = house.client(None)

    assert {nobody.get(f"/api/v1{path}").status_code for path in READS} == {401}


def test_a_viewer_reads_and_does_not_act(house: House) -> None:
    viewer = house.client(Role.VIEWER)
    read = {viewer.get(f"/api/v1{path}").status_code for path in READS}
    acted = {
        viewer.post(f"/api/v1{path}", json=body, headers={"Idempotency-Key": "k"}).status_code
        for path, body in ACTS.items()
    }

    assert read == {200, 404}
    assert acted == {403}


def test_every_act_needs_an_idempotency_key(house: House) -> None:
    operator = house.client(Role.OPERATOR)

    answers = {
        operator.post(f"/api/v1{path}", json=body).status_code for path, body in ACTS.items()
    }

    assert answers == {400}


def test_events_are_listed_the_newest_first_and_by_what_they_are(api: Api) -> None:
    assert [row["subject"] for row in api.get("/events")["items"]] == [
        "jira:issue:10232",
        "jira:issue:10231",
    ]
    assert len(api.get("/events?kind=work_item.created")["items"]) == 2
    assert api.get("/events?kind=feedback.created")["items"] == []
    assert len(api.get("/events?subject=jira:issue:10231")["items"]) == 1
    assert api.get("/events?since=2026-11-23T10:00:00Z")["items"] == []


def test_events_that_met_no_rule_are_listed(api: Api) -> None:
    (found,) = api.get("/events?matched=none")["items"]

    assert (found["subject"], found["matched"]) == ("jira:issue:10232", 0)
    api.get("/events?matched=some", status=422)


def test_events_come_in_pages(api: Api) -> None:
    first = api.get("/events?limit=1")
    second = api.get(f"/events?limit=1&cursor={first['next']}")

    assert [row["subject"] for row in (*first["items"], *second["items"])] == [
        "jira:issue:10232",
        "jira:issue:10231",
    ]
    assert second["next"] is None


def test_one_event_shows_the_record_and_the_facts(api: Api) -> None:
    wanted = api.get("/events?subject=jira:issue:10231")["items"][0]["id"]
    whole = api.get(f"/events/{wanted}")

    assert whole["record"]["title"] == "Cloud is down"
    assert whole["facts"]["linked"] == []
    api.get("/events/evt_x", status=404)


@pytest.mark.parametrize("ref", ["jira:issue:10231", "ENG-9", "http://127.0.0.1:9/browse/ENG-9"])
def test_a_record_is_found_with_its_history(api: Api, ref: str) -> None:
    found = api.get(f"/records?ref={ref}")

    assert (found["ref"], found["key"]) == ("jira:issue:10231", "ENG-9")
    assert {"type", "status", "title"} <= {change["field"] for change in found["changes"]}
    assert found["links"] == []


def test_why_is_answered_for_an_event_and_for_a_key(api: Api, card: str) -> None:
    (found,) = api.get("/explain?what=ENG-9")
    page = api.get(f"/events/{found['event']}/explain")

    assert {one["rule"]: one["answer"] for one in found["decisions"]}[
        "incident-raised"
    ] == "matched"
    assert "incident-raised: matched" in page
    assert "post card at teams" in page
    assert "→ told together with others of its group in teams, channel operations" in page
    assert card in page
    api.get("/explain?what=ENG-999", status=404)


def test_one_event_is_explained_as_text_or_as_json(api: Api) -> None:
    (found,) = api.get("/explain?what=ENG-9")
    path = f"/api/v1/events/{found['event']}/explain"

    page = api.client.get(path)
    same = api.client.get(path, headers={"accept": "application/json"})

    assert page.headers["content-type"].startswith("text/plain")
    assert same.json() == found
    assert page.text == found["text"]


def test_a_record_is_explained_with_its_events_and_what_is_not_over(api: Api) -> None:
    found = api.get("/records/explain?ref=ENG-9")

    assert (found["ref"], found["key"], found["links"]) == ("jira:issue:10231", "ENG-9", [])
    assert [one["kind"] for one in found["events"]] == ["work_item.created"]
    assert "incident-raised: matched" in found["text"]
    problem = api.get("/records/explain?ref=ENG-999", status=404)
    assert "it never came, is not read yet, or no source takes it" in problem["detail"]


def test_why_not_says_what_failed_and_the_fewest_changes_that_would_do(api: Api) -> None:
    (found,) = api.get("/explain?what=ENG-10&rule=incident-raised")

    (decision,) = found["decisions"]
    assert decision["failed"] == [
        {
            "term": 'work_item.type == "incident"',
            "words": "type is task; the rule needs incident",
            "fields": {"work_item.type": "task"},
        }
    ]
    assert decision["fixes"] == [
        [
            {
                "field": "work_item.type",
                "now": "task",
                "words": "type is incident",
                "options": ["incident"],
            }
        ]
    ]
    (write,) = decision["would"]
    assert write["values"]["title"] == "Incident ENG-10: (not shown)"


def test_rules_that_an_event_does_not_concern_are_named_when_asked_for(api: Api) -> None:
    (plain,) = api.get("/explain?what=ENG-10")
    (every,) = api.get("/explain?what=ENG-10&all=true")

    assert plain["not_asked"] == []
    assert "feedback-becomes-engineering-task" in {one["rule"] for one in every["not_asked"]}


def test_other_versions_are_asked_by_name_and_other_files_by_operators(
    api: Api, house: House
) -> None:
    (then,) = api.get("/explain?what=ENG-10")
    active = api.post("/rules:activate", {"files": {"rules/r.yaml": CARD}})["hash"]

    (now,) = api.get("/explain?what=ENG-10&under=active")
    (sent,) = api.post("/explain", {"what": "ENG-10", "files": {"rules/r.yaml": CARD}})
    faults = api.post("/explain", {"what": "ENG-10", "files": {"rules/r.yaml": "a"}}, status=422)
    viewer = house.client(Role.VIEWER)

    assert (then["under"], now["under"]) == (then["decided_under"], active)
    assert [one["answer"] for one in now["decisions"]] == ["matched"]
    assert sent["decisions"] == now["decisions"]
    assert faults["title"] == "The mappings have faults"
    api.get("/explain?what=ENG-10&under=0123456789abcdef", status=404)
    wish = {"what": "ENG-10", "files": {"rules/r.yaml": CARD}}
    assert viewer.post("/api/v1/explain", json=wish).status_code == 403


def test_somebodys_words_are_revealed_to_admins_alone_and_audited(api: Api, house: House) -> None:
    admin = Api(house.client(Role.ADMIN))
    (plain,) = api.get("/explain?what=ENG-9")
    api.get("/explain?what=ENG-9&reveal=true", status=403)
    api.get("/records/explain?ref=ENG-9&reveal=true", status=403)

    (revealed,) = admin.get("/explain?what=ENG-9&reveal=true")
    story = admin.get("/records/explain?ref=ENG-9&reveal=true")

    assert "Cloud is down" not in str(plain)
    assert "title: Incident ENG-9: Cloud is down" in revealed["text"]
    assert "Cloud is down" in str(story["events"])
    acts = admin.get("/audit?verb=reveal")["items"]
    assert [one["target"] for one in acts] == ["why ENG-9", "why ENG-9"]


def test_what_is_not_to_be_sent_is_cancelled_and_audited(api: Api, house: House, card: str) -> None:
    wish = {"filter": {"ids": [card]}, "why": "told by phone"}

    assert api.post("/deliveries:cancel", wish) == {"count": 1, "ids": [card]}
    assert api.post("/deliveries:cancel", wish)["count"] == 0
    audit = Api(house.client(Role.ADMIN)).get("/audit")["items"]
    assert {(row["verb"], row["reason"]) for row in audit} == {("cancel", "told by phone")}


def test_a_cancel_says_which(api: Api) -> None:
    problem = api.post("/deliveries:cancel", {"filter": {}, "why": "all?"}, status=422)

    assert "an empty filter would be all of them" in problem["detail"]


def test_a_replay_is_planned_then_run_and_can_be_stopped(api: Api, card: str) -> None:
    wish = {"filter": {"ids": [card]}}
    api.post("/deliveries:cancel", {**wish, "why": "noise"})

    planned = api.post("/replays", wish, status=201)
    running = api.post(f"/replays/{planned['id']}:run", {"why": "it is wanted"}, status=202)
    shown = api.get(f"/replays/{planned['id']}")
    stopped = api.post(f"/replays/{planned['id']}:cancel", {})

    assert (planned["state"], planned["total"], planned["counts"]["by_state"]) == (
        "planned",
        1,
        {"cancelled": 1},
    )
    assert (running["state"], shown["state"], stopped["state"]) == (
        "running",
        "running",
        "cancelled",
    )
    api.post(f"/replays/{planned['id']}:run", {}, status=409)


def test_a_replay_is_listed_with_what_it_does_and_can_be_paused(api: Api, card: str) -> None:
    api.post("/deliveries:cancel", {"filter": {"ids": [card]}})
    wish = {"filter": {"ids": [card]}, "pace": {"per_minute": 60}, "newer": "send"}
    made = api.post("/replays", wish, status=201)
    api.post(f"/replays/{made['id']}:pause", {}, status=409)
    api.post(f"/replays/{made['id']}:run", {"why": "it is wanted after all"}, status=202)

    drawn = {(one["part"], one["calls"]) for one in made["counts"]["quotas"]}
    assert drawn == {("channel:operations", 1)}
    paused = api.post(f"/replays/{made['id']}:pause", {})
    listed = api.get("/replays?state=paused")["items"]
    items = api.get(f"/replays/{made['id']}/items?will=send")["items"]
    again = api.post(f"/replays/{made['id']}:resume", {})

    assert (made["options"]["pace"], made["counts"]["per_minute"]) == ({"per_minute": 60}, 60)
    assert (paused["state"], again["state"]) == ("paused", "running")
    assert [(one["id"], one["why"]) for one in listed] == [(made["id"], "it is wanted after all")]
    assert [(one["what"], one["did"]) for one in items] == [(card, "")]
    assert api.get(f"/replays/{made['id']}/items?moved=true")["items"] == []
    assert api.get("/replays/rpl_x", status=404)["type"] == "/problems/not-found"


def test_a_replay_needs_a_reason_of_the_plan_or_of_who_runs_it(api: Api, card: str) -> None:
    api.post("/deliveries:cancel", {"filter": {"ids": [card]}, "why": "noise"})
    wish = {"filter": {"ids": [card]}}
    silent, told = (
        api.post("/replays", more, status=201)["id"] for more in (wish, {**wish, "why": "wanted"})
    )

    problem = api.post(f"/replays/{silent}:run", {"why": "  "}, status=422)
    ran = api.post(f"/replays/{told}:run", {}, status=202)

    assert (problem["type"], ran["why"]) == ("/problems/no-reason", "wanted")
    assert "send `why`" in problem["detail"]
    assert api.get(f"/replays/{silent}")["state"] == "planned"
    acts = [(one["target"], one["reason"]) for one in api.get("/audit?verb=replay")["items"]]
    assert acts == [(told, "wanted")]


def test_values_are_edited_for_a_reason(api: Api, house: House, card: str) -> None:
    with house.bridge.database.transaction() as session:
        session.execute(update(DeliveryRow).values(state=State.DEAD))

    problem = api.post(f"/deliveries/{card}:edit", {"set": {"title": "Down"}}, status=422)

    assert problem["type"] == "/problems/no-reason"
    assert api.get(f"/deliveries/{card}")["state"] == "dead"


def test_a_pace_is_said_one_way(api: Api) -> None:
    both = {"filter": {}, "pace": {"per_minute": 60, "share": 0.5}}

    assert "not both" in api.post("/replays", both, status=422)["detail"]


def test_a_replay_that_was_never_planned_does_not_run(api: Api) -> None:
    problem = api.post("/replays/rpl_x:run", {}, status=409)

    assert problem["type"] == "/problems/plan-over"
    assert "plan it again" in problem["detail"]


def test_the_same_request_sent_twice_makes_one_plan(api: Api) -> None:
    plans = [
        api.post("/replays", {"filter": {"state": ["dead"]}}, status=201, key="once")["id"]
        for _ in range(2)
    ]

    assert plans[0] == plans[1]


def test_the_active_rules_are_shown(api: Api) -> None:
    active = api.get("/rules")

    assert "incident-raised" in {one["id"] for one in active["rules"]}
    assert "customer-feedback" in active["sources"]
    assert [row["kind"] for row in api.get("/rules/history")["items"]] == ["start"]


def test_a_set_with_a_fault_is_refused_with_its_place(api: Api) -> None:
    files = {"rules/r.yaml": CARD.replace("work_item.created", "work_item.creatd")}

    checked = api.post("/rules:check", {"files": files})
    refused = api.post("/rules:activate", {"files": files}, status=422)

    assert checked["problems"][0].startswith("rules/r.yaml:6:")
    assert refused["problems"] == checked["problems"]
    assert checked["warnings"] == []
    assert len(api.get("/rules/history")["items"]) == 1


def test_activate_and_roll_back_step_by_step(api: Api) -> None:
    first = api.get("/rules")["hash"]
    second = api.post("/rules:activate", {"files": {"rules/r.yaml": CARD}})["hash"]
    third = api.post(
        "/rules:activate",
        {"files": {"rules/r.yaml": CARD.replace("hello", "hi")}, "why": "shorter"},
    )["hash"]

    back = [api.post("/rules:rollback", {"why": "too short"})["hash"] for _ in range(2)]

    assert len({first, second, third}) == 3
    assert back == [second, first]
    assert api.get("/rules")["hash"] == first
    api.post("/rules:rollback", {}, status=409)


def test_a_rollback_to_what_cannot_be_loaded_is_refused(api: Api, house: House) -> None:
    second = api.post("/rules:activate", {"files": {"rules/r.yaml": CARD}})["hash"]
    with house.bridge.database.transaction() as session:
        spoilt = update(RuleSetRow).where(RuleSetRow.hash != second)
        session.execute(spoilt.values(files={"rules/r.yaml": "version: 2"}))
    house.bridge.world.sets._compiled.clear()

    problem = api.post("/rules:rollback", {}, status=409)

    assert problem["type"] == "/problems/set-at-fault"
    assert api.get("/rules")["hash"] == second


def test_a_dead_delivery_is_edited_and_the_difference_stands_in_the_audit(
    api: Api, house: House, card: str
) -> None:
    dead = card
    with house.bridge.database.transaction() as session:
        session.execute(update(DeliveryRow).values(state=State.DEAD))

    wish = {"set": {"title": "Router is down"}, "why": "too long"}
    dry = api.post(f"/deliveries/{dead}:edit", {**wish, "dry_run": True})
    unlike = api.post(f"/deliveries/{dead}:edit", {**wish, "set": {"tilte": "x"}}, status=422)
    done = api.post(f"/deliveries/{dead}:edit", wish)
    again = api.post(f"/deliveries/{dead}:edit", wish, status=422)

    (act,) = api.get("/audit?verb=edit")["items"]
    assert (dry["id"], dry["state"]) == (None, "pending")
    assert dry["changes"] == done["changes"]
    assert "tilte: extra inputs are not permitted" in unlike["detail"]
    assert act["difference"] == {"id": done["id"], "changes": done["changes"]}
    assert (act["target"], act["reason"]) == (dead, "too long")
    assert "Router is down" not in str(act)
    assert "only what is dead can be edited" in again["detail"]
    assert api.get(f"/deliveries/{dead}")["superseded_by"] == done["id"]
    api.post("/deliveries/dlv_x:edit", wish, status=404)
