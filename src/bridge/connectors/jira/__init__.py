"""Jira, Cloud and Data Center."""

from bridge.connectors.contract import Connector, Inbound
from bridge.connectors.files import Files
from bridge.connectors.jira.actions import ACTIONS
from bridge.connectors.jira.check import check
from bridge.connectors.jira.client import JiraClient, connect
from bridge.connectors.jira.desk import declared
from bridge.connectors.jira.inbound import MAX_BYTES, acknowledge, translate
from bridge.connectors.jira.limits import LIMITS
from bridge.connectors.jira.reader import READER
from bridge.connectors.jira.roster import ROSTER
from bridge.connectors.jira.settings import JiraSettings, hosts
from bridge.connectors.jira.signature import credentials, dedupe_key, unproven, verify
from bridge.connectors.jira.talk import TALK
from bridge.connectors.jira.vocabulary import VOCABULARY
from bridge.connectors.registration import Registrar

REGISTRAR = Registrar[JiraClient](
    declared=declared,
    found=lambda client: client.desk.found(),
    register=lambda client, one: client.desk.register(one),
    remove=lambda client, one: client.desk.remove(one),
    renew=lambda client, one: client.desk.renew(one),
)
CONNECTOR = Connector[JiraSettings, JiraClient](
    name="jira",
    settings=JiraSettings,
    connect=connect,
    hosts=hosts,
    inbound=Inbound(
        verify=verify,
        dedupe_key=dedupe_key,
        translate=translate,
        acknowledge=acknowledge,
        max_bytes=MAX_BYTES,
        unproven=unproven,
        credentials=credentials,
    ),
    actions=ACTIONS,
    check=check,
    limits=LIMITS,
    reader=READER,
    vocabulary=VOCABULARY,
    roster=ROSTER,
    registrar=REGISTRAR,
    talk=TALK,
    deleted=frozenset({"404"}),  # or hidden from us
    files=Files(open=lambda client, number: client.shelf.open(number)),
)

__all__ = ["CONNECTOR"]
