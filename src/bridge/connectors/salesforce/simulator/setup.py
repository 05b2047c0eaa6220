"""How a simulated org is set up before it starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bridge.connectors.salesforce.simulator import vendor
from bridge.connectors.salesforce.simulator.identifier import lengthened
from bridge.connectors.salesforce.simulator.push import Callout, OutboundMessage
from bridge.connectors.salesforce.simulator.schema import Field, ObjectType

CASE_MESSAGE = OutboundMessage(
    name="Case to Bridge",
    object="Case",
    fields=(
        "CaseNumber", "Subject", "Status", "Priority", "RecordTypeId", "AccountId",
        "Severity__c", "Send_To_Engineering__c", "CreatedDate", "LastModifiedById",
        "SystemModstamp",
    ),
)  # fmt: skip

COMMENT_MESSAGE = OutboundMessage(
    name="Case comment to Bridge",
    object="CaseComment",
    fields=("ParentId", "IsPublished", "CreatedDate", "LastModifiedById", "SystemModstamp"),
)


@dataclass(frozen=True, kw_only=True)
class Setup:
    """Everything has a default.

    public_key       PEM that a JWT bearer assertion must be signed for; None: that flow is off
    objects, fields  added to the standard schema, `fields` by object name
    history          tracked fields by object: whose changes are kept; an object that is left out has none
    callout_retries  above 0 for an org that queues its callouts (Queueable Apex)
    """

    seed: int = 0
    client_id: str = "3MVG9bridge"
    client_secret: str = "simulated-consumer-secret"  # noqa: S105  (guards nothing)
    public_key: str | None = None
    username: str = "bridge@acme.example"
    org_id: str = lengthened("00DHs000000AbCd")
    host: str = "https://acme.my.salesforce.com"  # what the SOAP URLs name
    page_size: int = vendor.PAGE_SIZE
    daily_requests: int = 100_000
    oldest_version: int = vendor.OLDEST_VERSION
    objects: Sequence[ObjectType] = ()
    fields: Mapping[str, Sequence[Field]] = field(default_factory=dict)
    outbound: Sequence[OutboundMessage] = (CASE_MESSAGE,)
    callouts: Sequence[Callout] = ()
    history: Mapping[str, Sequence[str]] = field(default_factory=dict)
    callout_retries: int = 0
