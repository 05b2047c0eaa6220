"""Each connector on its simulator, ready for the shared suite."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import orjson

from bridge.connectors import generic, jira, salesforce, teams
from bridge.connectors.contract import Message
from bridge.connectors.files import File
from bridge.connectors.generic.settings import GenericSettings
from bridge.connectors.jira.actions import (
    AddAttachment,
    AddComment,
    CreateIssue,
    DeleteAttachment,
    DeleteComment,
    EditComment,
    LinkRemote,
    TransitionIssue,
    UpdateIssue,
)
from bridge.connectors.salesforce.actions import CreateRecord, UpdateRecord, UpsertRecord
from bridge.connectors.salesforce.comments import (
    AddCaseComment,
    DeleteCaseComment,
    EditCaseComment,
)
from bridge.connectors.salesforce.file_actions import AddFile, DeleteFile
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.connectors.teams import PostCard
from bridge.connectors.teams import simulator as teams_simulator
from bridge.connectors.teams.settings import TeamsSettings
from clocks import START, FakeClock
from connectors.conformance import Stand, World
from connectors.jira import harbour
from connectors.jira.sites import simulated
from connectors.salesforce import org

TEAMS_TOKEN = base64.b64encode(b"a token of thirty-two bytes, yes").decode()
TEAMS_SAMPLE = Path(__file__).parent / "teams" / "samples" / "mention.json"
GENERIC_SECRET = "a-secret-of-a-monitor"


FILE = File(name="a.txt", type="text/plain", size=4, pieces=lambda: iter([b"ti", b"de"]))


@contextmanager
def _serve_jira(clock: FakeClock) -> Iterator[World]:
    with simulated("cloud", clock) as (sim, settings):
        key = sim.create_issue("Tides")
        issue = f"jira:issue:{sim.issue(key)['id']}"
        said = [sim.comment(key, text) for text in ("Ebb", "Flood")]
        yield World(
            settings=settings,
            actions=(
                CreateIssue(project="ENG", type="Task", summary="Piers"),
                UpdateIssue(issue=issue, priority="High"),
                TransitionIssue(issue=issue, to="In Progress"),
                AddComment(issue=issue, body="Seen"),
                EditComment(comment=said[0], issue=issue, body="Low tide"),
                DeleteComment(comment=said[1], issue=issue),
                AddAttachment(issue=issue, source="crm:file:1", name="a.txt", size=4).carrying(
                    FILE
                ),
                DeleteAttachment(attachment=sim.attach(key, "b.txt", "ebb"), issue=issue),
                LinkRemote(issue=issue, url="https://crm.example/5", title="Case"),
            ),
        )


def _jira_messages() -> Sequence[Message]:
    return [harbour.signed(path.read_bytes()) for path in sorted(harbour.SAMPLES.glob("*.json"))]


def _writes_jira(request: httpx.Request) -> bool:
    reads = ("/search", "/search/jql", "/bulkfetch")
    return request.method in {"POST", "PUT", "DELETE"} and not request.url.path.endswith(reads)


@contextmanager
def _serve_salesforce(clock: FakeClock) -> Iterator[World]:
    sim = SalesforceSimulator(clock, Pace(0.001))
    case = sim.create_case(Subject="Reboots", RecordType="Feedback")
    said = [sim.comment(case, text) for text in ("Ebb", "Flood")]
    auth = {"flow": "client_credentials", "client_id": sim.setup.client_id}
    with Served(sim.app) as served:
        yield World(
            settings=org.settings_of(url=served.url, auth={**auth, "client_secret": "env:SF_SIM"}),
            actions=(
                UpsertRecord(
                    object="Case",
                    key_field="Jira_Key__c",
                    key="ENG-1",
                    fields={"Subject": "Reboots", "Status": "New"},
                ),
                CreateRecord(object="Case", fields={"Subject": "Reboots at night"}),
                UpdateRecord(object="Case", record=case, fields={"Jira_Status__c": "Done"}),
                AddCaseComment(case=case, body="ENG-1 is done."),
                EditCaseComment(comment=said[0], body="Low tide"),
                DeleteCaseComment(comment=said[1]),
                AddFile(case=case, source="jira:attachment:1", name="a.txt", size=4).carrying(FILE),
                DeleteFile(file=sim.attach(case, "b.txt", "ebb")),
            ),
        )
    sim.close()


def _salesforce_messages() -> Sequence[Message]:
    return [
        (org.outbound if path.suffix == ".xml" else org.callout)(path.read_bytes(), START)
        for path in sorted(org.SAMPLES.iterdir())
        if path.suffix in {".xml", ".json"}
    ]


def _writes_salesforce(request: httpx.Request) -> bool:
    path = request.url.path
    writes = request.method in {"POST", "PATCH", "DELETE"}
    return writes and "/oauth2/" not in path and "query" not in path


@contextmanager
def _serve_teams(clock: FakeClock) -> Iterator[World]:
    """A flow's URL is a credential, so it reaches the settings by a file."""
    sim = teams_simulator.build(clock=clock, pace=Pace(1e-6))
    with Served(sim.app) as served, TemporaryDirectory() as folder:
        place = Path(folder) / "url"
        place.write_text(sim.url("alerts", served.url), encoding="utf-8")
        channels = {"alerts": {"url": f"file:{place}"}}
        yield World(
            settings=TeamsSettings.model_validate(
                {"channels": channels, "allow_hosts": ["127.0.0.1"]}
            ),
            actions=(PostCard(channel="alerts", title="Tides"),),
        )


def _teams_settings() -> TeamsSettings:
    sent = orjson.loads(TEAMS_SAMPLE.read_bytes())
    tenant = sent["channelData"]["tenant"]["id"]
    webhook = {"secrets": ["env:TEAMS_TOKEN"], "tenants": [tenant]}
    return TeamsSettings.model_validate({"webhook": webhook})


def _teams_messages() -> Sequence[Message]:
    body = TEAMS_SAMPLE.read_bytes()
    digest = hmac.new(base64.b64decode(TEAMS_TOKEN), body, hashlib.sha256).digest()
    headers = {"authorization": f"HMAC {base64.b64encode(digest).decode()}"}
    at = datetime.fromisoformat(orjson.loads(body)["timestamp"])
    return [Message(connection="teams", headers=headers, body=body, received_at=at)]


@contextmanager
def _serve_generic(clock: FakeClock) -> Iterator[World]:
    yield World(settings=_generic_settings())


def _generic_settings() -> GenericSettings:
    webhook = {"secrets": ["env:GENERIC"]}
    return GenericSettings.model_validate({"system": "generic", "webhook": webhook})


def _generic_messages() -> Sequence[Message]:
    body = orjson.dumps({"object": "alert", "id": 7, "fields": {"title": "Tide"}})
    at = str(int(START.timestamp()))
    digest = hmac.new(GENERIC_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256)
    headers = {"x-signature-timestamp": at, "x-signature": f"v1={digest.hexdigest()}"}
    return [Message(connection="generic", headers=headers, body=body, received_at=START)]


STANDS = (
    Stand(
        connector=jira.CONNECTOR,
        secrets=harbour.SECRETS,
        settings=harbour.settings_of,
        messages=_jira_messages,
        serve=_serve_jira,
        writes=_writes_jira,
    ),
    Stand(
        connector=salesforce.CONNECTOR,
        secrets=org.SECRETS | {"SF_SIM": "simulated-consumer-secret"},
        settings=org.settings_of,
        messages=_salesforce_messages,
        serve=_serve_salesforce,
        writes=_writes_salesforce,
    ),
    Stand(
        connector=teams.CONNECTOR,
        secrets={"TEAMS_TOKEN": TEAMS_TOKEN},
        settings=_teams_settings,
        messages=_teams_messages,
        serve=_serve_teams,
        writes=lambda _: True,
    ),
    Stand(
        connector=generic.CONNECTOR,
        secrets={"GENERIC": GENERIC_SECRET},
        settings=_generic_settings,
        messages=_generic_messages,
        serve=_serve_generic,
    ),
)
