"""The workflow: what is offered, what each way demands, and what is refused."""

import pytest

from connectors.jira.simulator.harness import Jira, errors, message


@pytest.fixture
def reviewed(jira: Jira) -> Jira:
    """ENG-1 in review."""
    jira.create()
    jira.sim.transition("ENG-1", "In Review")
    return jira


def go(jira: Jira, ident: str, **rest: object) -> int:
    answer = jira.post("/issue/ENG-1/transitions", {"transition": {"id": ident}, **rest})
    return answer.status_code


def test_only_the_ways_from_here_are_offered(jira: Jira) -> None:
    jira.create()

    (way,) = jira.get("/issue/ENG-1/transitions").json()["transitions"]

    assert (way["id"], way["name"], way["to"]["name"]) == ("11", "Start work", "In Progress")
    assert way["to"]["statusCategory"]["key"] == "indeterminate"
    assert "fields" not in way


def test_the_screen_of_a_way_is_shown_on_request(reviewed: Jira) -> None:
    ways = reviewed.get("/issue/ENG-1/transitions", expand="transitions.fields").json()

    fields = {way["name"]: way["fields"] for way in ways["transitions"]}
    assert fields["Finish"]["resolution"]["required"] is True
    assert fields["Finish"]["fixVersions"]["required"] is False
    assert fields["Finish"]["resolution"]["allowedValues"][0]["name"] == "Done"
    assert fields["Back to work"] == {}


def test_done_demands_a_resolution(reviewed: Jira) -> None:
    answer = reviewed.post("/issue/ENG-1/transitions", {"transition": {"id": "31"}})

    assert errors(answer) == {"resolution": "Resolution is required."}
    assert reviewed.sim.status("ENG-1") == "In Review"


def test_done_with_a_resolution_and_a_comment(reviewed: Jira) -> None:
    said = {"comment": [{"add": {"body": "shipped"}}]}
    assert go(reviewed, "31", fields={"resolution": {"name": "Done"}}, update=said) == 204

    fields = reviewed.sim.issue("ENG-1")["fields"]
    assert fields["resolution"]["name"] == "Done"
    assert fields["resolutiondate"] is not None
    assert [comment["body"] for comment in reviewed.sim.comments("ENG-1")] == ["shipped"]


def test_reopening_clears_the_resolution(reviewed: Jira) -> None:
    reviewed.sim.transition("ENG-1", "Done")

    assert go(reviewed, "51") == 204

    fields = reviewed.sim.issue("ENG-1")["fields"]
    assert (fields["resolution"], fields["resolutiondate"]) == (None, None)


def test_a_repeat_is_a_400(jira: Jira) -> None:
    jira.create()

    assert go(jira, "11") == 204
    answer = jira.post("/issue/ENG-1/transitions", {"transition": {"id": "11"}})
    assert "not valid for the current state" in message(answer)


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"transition": "11"},
        {"transition": {"id": 11}},
        {"transition": {"id": "99"}},
        {"transition": {"name": "Start work"}},
        {"transition": {"id": "11"}, "fields": {"summary": "not on this screen"}},
    ],
)
def test_a_wrong_transition_is_refused(jira: Jira, body: object) -> None:
    jira.create()

    assert jira.post("/issue/ENG-1/transitions", body).status_code == 400
    assert jira.sim.status("ENG-1") == "To Do"


def test_without_the_permission_nothing_is_offered(jira: Jira) -> None:
    jira.create()
    jira.sim.deny("TRANSITION_ISSUES")

    assert jira.get("/issue/ENG-1/transitions").json()["transitions"] == []
    assert go(jira, "11") == 400


def test_a_person_walks_over_the_stations_between(jira: Jira) -> None:
    jira.create()

    jira.sim.transition("ENG-1", "Done", resolution="Won't Do")

    kinds = [body.get("issue_event_type_name") for _, body in jira.sim.events]
    assert kinds == ["issue_created", *["issue_generic"] * 3]
    assert jira.sim.issue("ENG-1")["fields"]["resolution"]["name"] == "Won't Do"


def test_a_person_cannot_go_to_a_status_that_is_not_there(jira: Jira) -> None:
    jira.create()

    with pytest.raises(ValueError, match="no status"):
        jira.sim.transition("ENG-1", "Nowhere")
