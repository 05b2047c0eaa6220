"""Comments, remote links and properties over REST."""

import pytest

from bridge.connectors.jira.simulator.limits import GLOBAL_ID_MAX, PROPERTY_MAX, TEXT_MAX
from connectors.jira.simulator.harness import Jira, errors

LINK = {
    "globalId": "system=https://acme.my.salesforce.com&id=500",
    "relationship": "reported in",
    "object": {"url": "https://acme.example.com/500", "title": "Case 1"},
}


@pytest.fixture
def one(jira: Jira) -> Jira:
    jira.create()
    return jira


def test_a_comment_is_made_with_its_mark_and_found_by_it(one: Jira) -> None:
    mark = {"key": "bridge", "value": {"key": "w-1"}}
    made = one.post("/issue/ENG-1/comment", {"body": "hello", "properties": [mark]})
    listed = one.get("/issue/ENG-1/comment", expand="properties").json()

    assert made.status_code == 201
    assert made.json()["author"]["displayName"] == "Bridge"
    assert listed["comments"][0]["properties"] == [mark]
    assert listed["total"] == 1
    assert "properties" not in one.get("/issue/ENG-1/comment").json()["comments"][0]


def test_comments_are_paged_and_ordered(one: Jira) -> None:
    for number in range(5):
        one.sim.comment("ENG-1", str(number))

    page = one.get("/issue/ENG-1/comment", startAt=1, maxResults=2, orderBy="-created").json()

    assert [said["body"] for said in page["comments"]] == ["3", "2"]
    assert (page["startAt"], page["maxResults"], page["total"]) == (1, 2, 5)


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"body": ""},
        {"body": "  "},
        {"body": {"type": "doc"}},
        {"body": "x" * (TEXT_MAX + 1)},
        {"body": "x", "author": "dana"},
        {"body": "x", "properties": ["key"]},
        {"body": "x", "properties": [{"key": "k", "value": "v" * (PROPERTY_MAX + 1)}]},
    ],
)
def test_a_wrong_comment_is_refused(one: Jira, body: object) -> None:
    assert one.post("/issue/ENG-1/comment", body).status_code == 400
    assert one.sim.comments("ENG-1") == []


def test_v3_takes_documents_only(one: Jira) -> None:
    text = {"type": "text", "text": "hello"}
    document = {
        "version": 1,
        "type": "doc",
        "content": [{"type": "paragraph", "content": [text]}],
    }
    one.v = "3"

    assert errors(one.post("/issue/ENG-1/comment", {"body": "hello"}))
    assert one.post("/issue/ENG-1/comment", {"body": document}).json()["body"] == document
    assert one.sim.comments("ENG-1")[0]["body"] == "hello"


def test_a_comment_is_read_edited_and_deleted(one: Jira) -> None:
    ident = one.sim.comment("ENG-1", "one")
    path = f"/issue/ENG-1/comment/{ident}"

    assert one.put(path, {"body": "two"}).json()["body"] == "two"
    assert one.get(path).json()["updateAuthor"]["displayName"] == "Bridge"
    assert one.ask("DELETE", path).status_code == 204
    assert one.get(path).status_code == 404


def test_a_comment_has_properties_of_its_own(one: Jira) -> None:
    ident = one.sim.comment("ENG-1", "note", internal=True)

    value = one.get(f"/comment/{ident}/properties/sd.public.comment").json()["value"]

    assert value == {"internal": True}
    assert one.get("/issue/ENG-1/comment").json()["comments"][0]["jsdPublic"] is False
    assert one.put(f"/comment/{ident}/properties/mine", 1).status_code == 201
    assert one.get("/comment/1/properties/mine").status_code == 404


def test_a_remote_link_is_made_once_for_its_global_id(one: Jira) -> None:
    first = one.post("/issue/ENG-1/remotelink", LINK)
    second = one.post("/issue/ENG-1/remotelink", LINK)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert len(one.sim.remote_links("ENG-1")) == 1


def test_members_left_out_of_an_upsert_become_null(one: Jira) -> None:
    one.post("/issue/ENG-1/remotelink", LINK)
    shorter = {name: LINK[name] for name in ("globalId", "object")}

    one.post("/issue/ENG-1/remotelink", shorter)

    assert one.sim.remote_links("ENG-1")[0]["relationship"] is None


def test_without_a_global_id_links_pile_up(one: Jira) -> None:
    bare = {"object": LINK["object"]}
    one.post("/issue/ENG-1/remotelink", bare)
    one.post("/issue/ENG-1/remotelink", bare)

    assert len(one.sim.remote_links("ENG-1")) == 2


def test_a_remote_link_is_read_and_deleted_by_its_global_id(one: Jira) -> None:
    ident = one.post("/issue/ENG-1/remotelink", LINK).json()["id"]
    wanted = {"globalId": LINK["globalId"]}

    assert one.ask("GET", "/issue/ENG-1/remotelink", params=wanted).json()["id"] == ident
    assert one.get(f"/issue/ENG-1/remotelink/{ident}").json()["object"] == LINK["object"]
    assert one.ask("DELETE", "/issue/ENG-1/remotelink", params=wanted).status_code == 204
    assert one.get(f"/issue/ENG-1/remotelink/{ident}").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"object": None},
        {"object": {"title": "no address"}},
        {"object": {"url": "https://x.test"}},
        {"globalId": "x" * (GLOBAL_ID_MAX + 1)},
        {"colour": "red"},
    ],
)
def test_a_wrong_remote_link_is_refused(one: Jira, change: dict[str, object]) -> None:
    assert one.post("/issue/ENG-1/remotelink", {**LINK, **change}).status_code == 400
    assert one.sim.remote_links("ENG-1") == []


def test_an_issue_property_is_new_then_known(one: Jira) -> None:
    path = "/issue/ENG-1/properties/link"

    assert one.get(path).status_code == 404
    assert one.put(path, {"id": 1}).status_code == 201
    assert one.put(path, {"id": 2}).status_code == 200
    assert one.get(path).json() == {"key": "link", "value": {"id": 2}}
    assert one.get("/issue/ENG-1/properties").json() == {"keys": [{"key": "link"}]}
    assert one.put(path, "x" * (PROPERTY_MAX + 1)).status_code == 400
