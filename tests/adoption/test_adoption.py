"""Pairs that existed before Bridge: planned, linked, and from then on kept in step."""

from pathlib import Path
from typing import Any

import pytest

from adoption.estate import Estate
from bridge.connectors.jira.simulator.catalogue import IMPACT_FIELD, IMPACTS


def test_names_of_every_kind_are_understood(estate: Estate) -> None:
    cases, keys = [estate.case() for _ in range(4)], [estate.issue() for _ in range(4)]
    number = estate.stage.jira.issue(keys[1])["id"]
    lightning = f"{estate.stage.served[1].url}/lightning/r/Case/{cases[1]}/view"

    done = estate.adopt(
        (estate.number(cases[0]), keys[0]),
        (lightning, f"{estate.stage.served[0].url}/browse/{keys[1]}"),
        (f"salesforce:Case:{cases[2]}", keys[2].lower()),
        (cases[3][:15], str(estate.stage.jira.issue(keys[3])["id"])),
    )

    assert (done["state"], done["counts"]) == ("done", {"adopted": 4})
    assert [estate.links(case)[0].key for case in cases] == keys
    assert estate.links(cases[1])[0].right_ref == f"jira:issue:{number}"


def test_a_plan_says_what_would_become_of_each_pair_and_links_nothing(estate: Estate) -> None:
    linked, taken, free, other = (estate.case() for _ in range(4))
    keys = [estate.issue() for _ in range(5)]
    complaint = estate.case(RecordType="Support")
    estate.adopt((linked, keys[0]), (taken, keys[1]))
    before = estate.rows()

    pairs = [
        (linked, keys[0]), (taken, keys[2]), (free, keys[3]), (free, keys[3]),
        (other, keys[3]), (other, keys[4]), ("00999999", keys[3]), (free, "ENG-99999"),
        (complaint, keys[3]), ("", keys[3]), (free, "https://elsewhere.example/browse/ENG-1"),
    ]  # fmt: skip
    plan = estate.plan({"pairs": [{"left": left, "right": right} for left, right in pairs]})
    page = estate.get(f"/links/imports/{plan['id']}/pairs", order="oldest")
    said = [(one["outcome"], one["reason"]) for one in page["items"]]

    assert plan["state"] == "planned"
    assert [outcome for outcome, _ in said] == [
        "linked", "conflict", "link", "linked",
        "ambiguous", "ambiguous", "not_found", "not_found",
        "unmapped", "empty", "not_found",
    ]  # fmt: skip
    assert plan["counts"] == {
        "link": 1, "linked": 2, "not_found": 3, "ambiguous": 2, "conflict": 1, "unmapped": 1,
        "empty": 1,
    }  # fmt: skip
    assert keys[1] in said[1][1]
    assert "unlink" in said[1][1]
    assert said[3][1] == "the same as row 3"
    assert said[4][1] == f"rows 5, 6 give '{other}' different answers"
    assert "customer-feedback" in said[8][1]
    assert plan["examples"]["conflict"][0]["left_said"] == taken
    assert estate.rows() == before


def test_an_adopted_pair_is_kept_in_step_by_one_write_each(estate: Estate) -> None:
    key = estate.issue("Reboots")
    case = estate.case(Jira_Key__c=key, Jira_URL__c=estate.url(key))

    estate.adopt((case, key))
    estate.settle()
    before = estate.deliveries(case, key)
    estate.stage.salesforce.edit("Case", case, Subject="Reboots every night")
    estate.settle()
    estate.stage.jira.transition(key, "In Progress")
    estate.settle()
    owed = estate.deliveries(case, key)

    assert before == []
    assert [(row.action, row.state) for row in owed] == [
        ("jira.update_issue", "succeeded"),
        ("salesforce.update_record", "succeeded"),
    ]
    assert "Reboots every night" in estate.stage.jira.issue(key)["fields"]["summary"]
    assert estate.stage.salesforce.record("Case", case)["Jira_Status__c"] == "In progress"


def test_a_click_on_an_adopted_case_makes_no_second_issue(estate: Estate) -> None:
    case, key = estate.case(), estate.issue()
    estate.adopt((case, key))
    issues = len(estate.stage.jira.issues())

    estate.stage.salesforce.click_send_to_engineering(case)
    estate.settle()
    shown = estate.stage.salesforce.record("Case", case)

    assert len(estate.stage.jira.issues()) == issues
    assert (shown["Jira_Key__c"], shown["Send_To_Engineering__c"]) == (key, False)


def test_what_was_there_before_wakes_no_rule(estate: Estate) -> None:
    """A critical case and an incident: found by a webhook, each would make a card or an issue."""
    case = estate.case(Severity__c="Critical", Product_Line__c="Router")
    with estate.silence():
        key = estate.stage.jira.create_issue(
            "Down", "Incident", fields={IMPACT_FIELD: {"value": IMPACTS[0].name}}
        )
    issues, cards = len(estate.stage.jira.issues()), len(estate.stage.teams.cards())

    done = estate.adopt((case, key))
    estate.settle()

    assert done["counts"] == {"adopted": 1}
    assert estate.deliveries(case, key) == []
    assert (len(estate.stage.jira.issues()), len(estate.stage.teams.cards())) == (issues, cards)
    event = estate.get("/events", subject=f"salesforce:Case:{case}")["items"][0]
    assert (event["origin"], event["matched"]) == ("backfill", 0)


def test_a_record_that_is_known_keeps_its_news(estate: Estate) -> None:
    """The import reads a newer state than the webhook on its way: rules must still hear of it."""
    case = estate.stage.salesforce.create_case(
        RecordType="Feedback", Subject="Slow", Severity__c="Low"
    )
    key = estate.issue()
    estate.settle()
    with estate.silence():
        estate.stage.salesforce.edit("Case", case, Subject="Slow since Monday")

    estate.adopt((case, key))
    known = estate.get("/records", ref=f"salesforce:Case:{case}")

    assert known["data"]["title"] == "Slow"
    estate.stage.salesforce.edit("Case", case, Description="Told again.")
    estate.settle()
    assert "Slow since Monday" in estate.stage.jira.issue(key)["fields"]["summary"]


def test_a_second_import_changes_nothing(estate: Estate) -> None:
    case, key = estate.case(), estate.issue()
    estate.adopt((case, key))
    before = estate.rows()

    again = estate.adopt((case, key))

    assert again["counts"] == {"linked": 1}
    assert estate.rows() == before


def test_soql_rows_name_both_ends_and_a_field_may_hold_two_keys(estate: Estate) -> None:
    keys = [estate.issue() for _ in range(3)]
    one = estate.case(Jira_Key__c=keys[0], Product_Line__c="Sensor")
    two = estate.case(Jira_Key__c=f"{keys[1]}, {keys[2]}", Product_Line__c="Sensor")
    text = "SELECT Id, Jira_Key__c FROM Case WHERE Product_Line__c = 'Sensor'"
    query = {"connection": "salesforce", "text": text, "field": "Jira_Key__c"}

    alone = estate.plan({"query": query})
    several = estate.plan({"query": query, "several": True})
    done = estate.run(several["id"])

    assert alone["counts"] == {"link": 1, "ambiguous": 2}
    assert several["counts"] == {"link": 3}
    assert done["counts"] == {"adopted": 3}
    assert [row.key for row in estate.links(one)] == keys[:1]
    assert {row.slot: row.key for row in estate.links(two)}[""] == keys[1]
    assert {row.key for row in estate.links(two)} == set(keys[1:])


def test_jql_rows_name_the_case_in_a_field(estate: Estate) -> None:
    case = estate.case()
    key = estate.issue("Told by the issue", customfield_10029=estate.number(case))
    query = {"connection": "jira", "text": f"key = {key}", "field": "customfield_10029"}

    plan = estate.plan({"query": query})
    done = estate.run(plan["id"])

    assert done["counts"] == {"adopted": 1}
    assert [row.key for row in estate.links(case)] == [key]


def test_a_field_of_either_side_names_the_other_end(estate: Estate) -> None:
    keys = [estate.issue() for _ in range(2)]
    told_by_case = estate.case(Jira_Key__c=keys[0])
    told_by_issue = estate.case()
    estate.stage.jira.edit_issue(keys[1], {"customfield_10029": estate.number(told_by_issue)})

    for field in ("Case.Jira_Key__c", "jira:issue.customfield_10029"):
        plan = estate.plan({"field": field})
        assert plan["counts"]["link"] >= 1, plan
        estate.run(plan["id"])

    assert [row.key for row in estate.links(told_by_case)] == keys[:1]
    assert [row.key for row in estate.links(told_by_issue)] == keys[1:]


@pytest.mark.parametrize(
    ("text", "field", "most", "said"),
    [
        ("SELECT Id, Nothing__c FROM Case", "Nothing__c", 10, "Nothing__c"),
        ("SELECT Id, Jira_Key__c FROM Case", "Jira_Key__c", 1, "more than 1 rows"),
    ],
)
def test_a_query_that_cannot_be_used_fails_with_its_reason(
    estate: Estate, text: str, field: str, most: int, said: str
) -> None:
    estate.case()
    estate.case()
    query = {"connection": "salesforce", "text": text, "field": field}

    plan = estate.plan({"query": query, "most": most})

    assert (plan["state"], plan["total"]) == ("failed", 0)
    assert said in plan["problem"]


def test_announcing_brings_the_board_in_step_at_once(estate: Estate) -> None:
    case, key = estate.case(), estate.issue()
    with estate.silence():
        estate.stage.jira.transition(key, "Done")

    estate.adopt((case, key), announce=True)
    estate.settle()
    shown = estate.stage.salesforce.record("Case", case)

    assert (shown["Jira_Status__c"], shown["Jira_Key__c"]) == ("Done", key)


def test_unlinking_frees_the_role_for_a_new_issue(estate: Estate) -> None:
    case, wrong = estate.case(), estate.issue()
    estate.adopt((case, wrong))
    link = estate.get("/links", ref=f"salesforce:Case:{case}")[0]["id"]

    silent = estate.post(f"/links/{link}:unlink", {"why": ""})
    answer = estate.post(f"/links/{link}:unlink", {"why": "the wrong issue"})
    again = estate.post(f"/links/{link}:unlink", {"why": "the wrong issue"})
    estate.stage.salesforce.click_send_to_engineering(case)
    estate.settle()

    assert (silent.status_code, answer.status_code, again.status_code) == (422, 200, 404)
    assert answer.json()["link"]["key"] == wrong
    (new,) = estate.links(case)
    assert new.key not in {"", wrong}
    assert estate.stage.salesforce.record("Case", case)["Jira_Key__c"] == new.key
    entry = estate.get("/audit", target=link)["items"][0]
    assert (entry["verb"], entry["reason"]) == ("unlink", "the wrong issue")
    assert entry["difference"]["right_ref"].startswith("jira:issue:")


def test_what_was_there_before_is_not_listed_among_what_met_no_rule(estate: Estate) -> None:
    estate.adopt((estate.case(), estate.issue()))
    estate.settle()  # what was written back comes in again, and is none of this

    found = estate.get("/events", limit=200)["items"]
    listed = estate.get("/events", matched="none", limit=200)["items"]
    number = estate.get("/stats")["unmatched"]

    adopted = {one["id"] for one in found if one["origin"] == "backfill"}
    assert len(adopted) >= 2
    assert adopted.isdisjoint(one["id"] for one in listed)
    assert number["excluded"]["backfill: it was there before Bridge"] == len(adopted)


def test_the_link_of_a_deleted_issue_is_listed_explained_and_taken_apart(estate: Estate) -> None:
    case, key = estate.case(), estate.issue()
    estate.adopt((case, key))

    estate.stage.jira.delete_issue(key)
    estate.settle()
    (dead,) = estate.printed("links", "list", "--dead")
    page = estate.command("explain", key).stdout
    (alarm,) = [one for one in estate.get("/alarms")["items"] if one["key"] == "deleted:jira"]
    both = estate.command("links", "list", case, "--dead")
    answer = estate.post(f"/links/{dead['id']}:unlink", {"why": "it is gone"})

    assert (dead["state"], dead["key"]) == ("dead", key)
    assert "deleted at its vendor" in dead["note"]
    assert dead["id"] in page
    assert key in alarm["text"] or dead["right_ref"] in alarm["text"]
    assert both.returncode != 0
    assert (answer.status_code, estate.get("/links", state="dead")) == (200, [])


def test_every_act_is_audited_with_its_reason(estate: Estate) -> None:
    done = estate.adopt((estate.case(), estate.issue()), why="linked by hand until today")

    entries = estate.get("/audit", target=done["id"])["items"]

    assert [(one["verb"], one["reason"]) for one in entries] == [
        ("adopt", "linked by hand until today"),
        ("plan adoption", "linked by hand until today"),
    ]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"pairs": []}, "give either"),
        ({"field": "Account.Jira_Key__c"}, "it joins salesforce:Case, jira:issue"),
        ({"field": "issue.cf[1]"}, "field"),
        ({"pairs": [{"left": "1", "right": "2"}], "role": None}, "improvement, task"),
        ({"pairs": [{"left": "1", "right": "2"}], "role": "duty"}, "left_object"),
        ({"pairs": [{"left": "1", "right": "2"}], "left_object": "teams:card"}, "'teams'"),
        (
            {"query": {"connection": "teams", "text": "SELECT", "field": "a"}},
            "is none of jira, salesforce",
        ),
    ],
)
def test_a_wish_that_could_never_be_met_is_refused(
    estate: Estate, wish: dict[str, Any], said: str
) -> None:
    answer = estate.post("/links:import", {"role": "improvement", **wish})

    assert answer.status_code in {400, 422}
    assert said in answer.text


def test_an_import_waits_for_a_system_that_is_away_and_goes_on(estate: Estate) -> None:
    case, key = estate.case(), estate.issue()
    estate.stage.jira.faults.configure(outage=True)
    wish = {"role": "improvement", "pairs": [{"left": case, "right": key}]}
    plan = estate.post("/links:import", wish).json()["id"]

    waiting = estate.until(plan, lambda found: bool(found["problem"]))
    estate.stage.jira.faults.calm()
    planned = estate.follow(plan)
    done = estate.run(plan)

    assert (waiting["state"], waiting["done"]) == ("reading", 0)
    assert (planned["state"], planned["problem"]) == ("planned", "")
    assert done["counts"] == {"adopted": 1}


def test_a_plan_runs_once(estate: Estate) -> None:
    done = estate.adopt((estate.case(), estate.issue()))

    assert estate.post(f"/links/imports/{done['id']}:run", {}).status_code == 409
    assert estate.post(f"/links/imports/{done['id']}:cancel", {}).status_code == 409
    assert estate.post("/links/imports/adp_none:run", {}).status_code == 409


def test_the_command_plans_shows_asks_and_links(estate: Estate, tmp_path: Path) -> None:
    case, key = estate.case(), estate.issue()
    file = tmp_path / "pairs.csv"
    file.write_text(f"left,right\n{estate.number(case)},{key}\n{case},ENG-99999\n")
    words = ("links", "import", str(file), "--role", "improvement")

    dry = estate.command(*words, "--dry-run")
    between = estate.links(case)
    no = estate.command(*words, say="n\n")
    after_no = estate.links(case)
    yes = estate.command(*words, say="y\n")
    again = estate.printed(*words, "--yes")

    assert dry.returncode == 0, dry.stderr
    assert "not_found" in dry.stdout
    assert "ENG-99999" in dry.stdout
    assert (between, after_no, no.returncode) == ([], [], 1)
    assert (yes.returncode, [row.key for row in estate.links(case)]) == (0, [key])
    assert again["counts"] == {"linked": 1, "not_found": 1}
    (missing,) = estate.printed("links", "pairs", again["id"], "--outcome", "not_found")
    assert missing["number"] == 2
    (link,) = estate.printed("links", "list", case)
    gone = estate.command("links", "unlink", link["id"], "--why", "a test", "--yes")
    assert (gone.returncode, estate.links(case)) == (0, [])


def test_the_command_takes_soql_and_jql(estate: Estate) -> None:
    key = estate.issue()
    case = estate.case(Jira_Key__c=key)
    soql = f"SELECT Id, Jira_Key__c FROM Case WHERE Id = '{case}'"  # noqa: S608
    jql = f"key = {key}"
    role = ("--role", "improvement", "--yes")

    first = estate.printed("links", "import", "--soql", soql, "--right", "Jira_Key__c", *role)
    estate.stage.jira.edit_issue(key, {"customfield_10029": estate.number(case)})
    field = estate.printed("links", "import", "--field", "Case.Jira_Key__c", *role[:2], "--dry-run")
    second = estate.printed("links", "import", "--jql", jql, "--left", "customfield_10029", *role)

    assert field["counts"]["linked"] >= 1
    assert (first["counts"], second["counts"]) == ({"adopted": 1}, {"linked": 1})
