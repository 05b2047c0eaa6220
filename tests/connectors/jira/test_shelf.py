"""Attachments at both kinds of Jira: where their bytes are, and who gets to see the token."""

import base64

import httpx
import pytest

from bridge.clock import SystemClock
from bridge.connectors.files import File
from bridge.connectors.jira.actions import AddAttachment, DeleteAttachment
from bridge.connectors.jira.rest import Rest
from bridge.connectors.jira.settings import MEDIA, JiraSettings, hosts
from bridge.connectors.jira.shelf import Shelf
from bridge.connectors.simulation.faults import Fault
from bridge.errors import AmbiguousOutcome, CredentialError
from bridge.http import Http
from connectors.jira.harbour import settings_of
from connectors.jira.sites import World

KEY = "wrk_mzxw6ytboi"
TOKEN = "Basic " + base64.b64encode(b"bridge@harbour.example:token-1").decode()
LARGE = bytes(range(256)) * 2_000


class Sent(list[tuple[str, str]]):
    """URLs that were asked for, each with what it was shown of our credentials."""

    def __init__(self, settings: JiraSettings, leads: str = "", content: str = "") -> None:
        self.settings, self.leads, self.content = settings, leads, content

    def shelf(self, *more: str) -> Shelf:
        allowed = frozenset({*hosts(self.settings), *more})
        http = Http("jira", allow_hosts=allowed, transport=httpx.MockTransport(self.answer))
        return Shelf(self.settings, Rest(self.settings, http, SystemClock()))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.append((str(request.url), request.headers.get("authorization", "")))
        if str(request.url).endswith("/attachment/7"):
            shown = {"filename": "a.txt", "size": 3, "content": self.content}
            return httpx.Response(200, json=shown)
        if (self.leads and "/content/" in str(request.url)) or "/secure/" in str(request.url):
            return httpx.Response(303, headers={"location": self.leads})
        return httpx.Response(200, content=b"ebb")


def action(issue: str, **changes: object) -> AddAttachment:
    said = {"source": "salesforce:ContentVersion:068", "name": "a.txt", "size": len(LARGE)}
    return AddAttachment.model_validate({"issue": issue, **said, **changes})


def held(content: bytes, name: str = "a.txt") -> File:
    return File(name=name, type="text/plain", size=len(content), pieces=lambda: iter([content]))


def test_a_file_is_added_read_found_again_and_taken_away(world: World) -> None:
    issue = world.create()
    bring = action(issue).carrying(held(LARGE))

    made = bring.run(world.client, KEY)
    assert made.ref is not None
    with world.client.shelf.open(made.ref.id) as file:
        read = [b"".join(file.pieces()), b"".join(file.pieces())]  # whoever takes it may ask twice
    found = bring.find(world.client, KEY)
    taken = DeleteAttachment(attachment=str(made.ref), issue=issue)
    taken.run(world.client, KEY)

    assert read == [LARGE, LARGE]
    assert (file.name, file.type, file.size) == ("a.txt", "text/plain", len(LARGE))
    assert found is not None
    assert found.ref == made.ref
    assert taken.run(world.client, KEY).note == "the file is gone there"


def test_a_file_whose_answer_is_lost_is_found_by_the_name_that_jira_keeps(world: World) -> None:
    bring = action(world.create(), name="../Ä: b?.txt").carrying(held(LARGE))
    world.sim.faults.next(Fault.CUT_AFTER, method="POST", path_contains="/attachments")

    with pytest.raises(AmbiguousOutcome):
        bring.run(world.client, KEY)

    assert bring.find(world.client, KEY) is not None


def test_the_token_never_goes_to_the_media_store_of_the_cloud() -> None:
    sent = Sent(settings_of(account_id=None), leads=f"https://{MEDIA}/file/1/binary?token=x")

    with sent.shelf().open("7") as file:
        list(file.pieces())

    site = "https://harbour.atlassian.net/rest/api/2/attachment"
    assert sent == [
        (f"{site}/7", TOKEN),
        (f"{site}/content/7", TOKEN),
        (f"https://{MEDIA}/file/1/binary?token=x", ""),
    ]


def test_a_token_with_scopes_opens_files_where_it_is_valid() -> None:
    api = "https://api.atlassian.com/ex/jira/1"
    content = "https://harbour.atlassian.net/rest/api/2/attachment/content/7"
    sent = Sent(settings_of(api_url=api), content=content)

    with sent.shelf().open("7") as file:
        list(file.pieces())

    assert [url for url, _ in sent] == [
        f"{api}/rest/api/2/attachment/7",
        f"{api}/rest/api/2/attachment/content/7",
    ]


def own(path: str = "") -> JiraSettings:
    return settings_of(url=f"https://jira.harbour.example{path}", flavour="datacenter", email=None)


def test_a_data_center_is_asked_at_its_own_address_whatever_it_calls_itself() -> None:
    elsewhere = "https://evil.example/jira/secure/attachment/7/a%20b.txt"
    sent = Sent(own("/jira"), content=elsewhere, leads="/jira/media/7")

    with sent.shelf("evil.example").open("7") as file:
        list(file.pieces())

    asked = [url for url, _ in sent]
    assert asked[1] == "https://jira.harbour.example/jira/secure/attachment/7/a%20b.txt"
    assert {httpx.URL(url).host for url in asked} == {"jira.harbour.example"}


def test_a_data_center_that_leads_to_its_sign_in_page_wants_credentials() -> None:
    content = "https://jira.harbour.example/secure/attachment/7/a.txt"
    sent = Sent(own(), content=content, leads="/login.jsp?permissionViolation=true")

    with pytest.raises(CredentialError, match="does not open files"), sent.shelf().open("7"):
        pass


def test_the_media_store_is_allowed_for_atlassians_own_sites_alone() -> None:
    assert MEDIA in hosts(settings_of())
    assert MEDIA not in hosts(own())
    assert MEDIA not in hosts(settings_of(url="https://127.0.0.1:8443"))
