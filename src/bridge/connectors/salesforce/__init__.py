"""Salesforce: records change there, and progress is written back to them."""

from bridge.connectors.contract import Connector, Inbound
from bridge.connectors.files import Files
from bridge.connectors.salesforce.actions import RECORDS
from bridge.connectors.salesforce.check import check
from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.comments import COMMENTS
from bridge.connectors.salesforce.file_actions import FILES
from bridge.connectors.salesforce.ids import spellings
from bridge.connectors.salesforce.inbound import (
    MAX_BYTES,
    acknowledge,
    dedupe_key,
    translate,
    unproven,
    verify,
)
from bridge.connectors.salesforce.limits import LIMITS
from bridge.connectors.salesforce.reader import READER
from bridge.connectors.salesforce.rest import connect, hosts
from bridge.connectors.salesforce.roster import ROSTER
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.connectors.salesforce.talk import TALK
from bridge.connectors.salesforce.vocabulary import VOCABULARY

CONNECTOR = Connector[SalesforceSettings, SalesforceClient](
    name="salesforce",
    settings=SalesforceSettings,
    connect=connect,
    hosts=hosts,
    inbound=Inbound(
        verify=verify,
        dedupe_key=dedupe_key,
        translate=translate,
        acknowledge=acknowledge,
        max_bytes=MAX_BYTES,
        unproven=unproven,
    ),
    actions=(*RECORDS, *COMMENTS, *FILES),
    check=check,
    limits=LIMITS,
    reader=READER,
    vocabulary=VOCABULARY,
    roster=ROSTER,
    talk=TALK,
    files=Files(open=lambda client, number: client.shelf.open(number)),
    spellings=spellings,
    deleted=frozenset({"ENTITY_IS_DELETED"}),
)
