"""The standard and custom objects of the simulated org."""

from collections.abc import Mapping, Sequence

from bridge.connectors.salesforce.simulator.schema import Field, ObjectType, Row, Schema, Type

CLOSED = "Closed"
FEEDBACK_LEVELS = ("Critical", "High", "Medium", "Low")
BOARD_COLUMNS = ("Requested", "Planned", "In Progress", "In Review", "Done", "Cancelled")


def _reference(name: str, kind: str, relationship: str) -> Field:
    return Field(
        name=name, type=Type.REFERENCE, length=18, reference_to=(kind,), relationship=relationship
    )


def _master(kind: str) -> Field:
    """What a record was merged into: set on the loser once it is deleted (Apex guide, merges)."""
    return Field(
        name="MasterRecordId", type=Type.REFERENCE, length=18, reference_to=(kind,),
        relationship="MasterRecord", createable=False, updateable=False,
    )  # fmt: skip


def _owner() -> Field:
    """A user or a queue."""
    return Field(
        name="OwnerId", type=Type.REFERENCE, length=18, reference_to=("User", "Group"),
        relationship="Owner",
    )  # fmt: skip


def _closed_follows_status(row: Row) -> Row:
    closed = row.get("Status") == CLOSED
    since = (row.get("ClosedDate") or row.get("SystemModstamp")) if closed else None
    return {**row, "IsClosed": closed, "ClosedDate": since}


CASE_FEEDBACK = (
    Field(name="Severity__c", type=Type.PICKLIST, length=255, picklist=FEEDBACK_LEVELS,
          restricted=True),
    Field(name="Product_Line__c", length=255),
    Field(name="CSAT__c", type=Type.DOUBLE),
    Field(name="Channel__c", length=255),
    Field(name="Send_To_Engineering__c", type=Type.BOOLEAN, default=False),
    Field(name="Promised_Date__c", type=Type.DATE),
    Field(name="Jira_Key__c", length=255, external_id=True),  # two cases may share one issue
    Field(name="Jira_Status__c", length=255),
    Field(name="Jira_Done__c", length=255),
    Field(name="Jira_Due__c", type=Type.DATE),
    Field(name="Jira_URL__c", type=Type.URL, length=255),
    Field(name="Bridge_Synced__c", type=Type.DATETIME),
    Field(name="Bridge_Problem__c", length=255),
    Field(name="Bridge_Key__c", length=255, external_id=True, unique=True),
)  # fmt: skip

CASE = ObjectType(
    name="Case", prefix="500", name_field="CaseNumber", derive=_closed_follows_status,
    fields=(
        Field(name="CaseNumber", length=30, auto_number=True, createable=False, updateable=False),
        Field(name="Subject", length=255),
        Field(name="Description", type=Type.TEXTAREA, length=32_000),
        Field(name="Status", type=Type.PICKLIST, length=255, default="New",
              picklist=("New", "Working", "In Progress", "On Hold", "Escalated", CLOSED)),
        Field(name="Priority", type=Type.PICKLIST, length=255, default="Medium",
              picklist=("High", "Medium", "Low")),
        Field(name="Origin", type=Type.PICKLIST, length=255, picklist=("Phone", "Email", "Web")),
        Field(name="Type", type=Type.PICKLIST, length=255, picklist=("Problem", "Question")),
        Field(name="Reason", type=Type.PICKLIST, length=255, picklist=("Performance", "Other")),
        Field(name="SuppliedEmail", type=Type.EMAIL, length=80),
        Field(name="SuppliedName", length=80),
        Field(name="IsEscalated", type=Type.BOOLEAN, default=False),
        Field(name="IsClosed", type=Type.BOOLEAN, calculated=True, createable=False,
              updateable=False),
        Field(name="ClosedDate", type=Type.DATETIME, createable=False, updateable=False),
        _reference("RecordTypeId", "RecordType", "RecordType"),
        _reference("AccountId", "Account", "Account"),
        _reference("ContactId", "Contact", "Contact"),
        _owner(),
        _reference("ParentId", "Case", "Parent"),
        _master("Case"),
        *CASE_FEEDBACK,
    ),
)  # fmt: skip

ACCOUNT = ObjectType(
    name="Account", prefix="001",
    fields=(
        Field(name="Name", length=255, required=True),
        Field(name="AnnualRevenue", type=Type.CURRENCY),
        Field(name="Industry", type=Type.PICKLIST, length=255, picklist=("Retail", "Energy")),
        Field(name="Website", type=Type.URL, length=255),
        Field(name="Customer_Number__c", length=40, external_id=True, unique=True),
        _reference("OwnerId", "User", "Owner"),
        _master("Account"),
    ),
)  # fmt: skip

CONTACT = ObjectType(
    name="Contact", prefix="003",
    fields=(
        Field(name="FirstName", length=40),
        Field(name="LastName", length=80, required=True),
        Field(name="Name", length=121, calculated=True, createable=False, updateable=False),
        Field(name="Email", type=Type.EMAIL, length=80, id_lookup=True),
        Field(name="Phone", type=Type.PHONE, length=40),
        _reference("AccountId", "Account", "Account"),
    ),
    derive=lambda row: {
        **row, "Name": " ".join(filter(None, (row.get("FirstName"), row.get("LastName"))))
    },
)  # fmt: skip

USER = ObjectType(
    name="User", prefix="005", createable=False,
    fields=(
        Field(name="Username", length=80, required=True, id_lookup=True, unique=True),
        Field(name="Name", length=121),
        Field(name="Email", type=Type.EMAIL, length=128),
        Field(name="IsActive", type=Type.BOOLEAN, default=True),
        Field(name="UserType", type=Type.PICKLIST, length=40, default="Standard",
              picklist=("Standard", "CloudIntegrationUser")),
    ),
)  # fmt: skip

GROUP = ObjectType(
    name="Group", prefix="00G", createable=False,
    fields=(
        Field(name="Name", length=40, required=True),
        Field(name="DeveloperName", length=80),
        Field(name="Type", type=Type.PICKLIST, length=40, default="Queue",
              picklist=("Queue", "Regular", "Role")),
        Field(name="Email", type=Type.EMAIL, length=255),
    ),
)  # fmt: skip

RECORD_TYPE = ObjectType(
    name="RecordType", prefix="012", createable=False,
    fields=(
        # a name in a record's body finds its record type: {"RecordType": {"Name": ...}} (mem)
        Field(name="Name", length=80, required=True, id_lookup=True),
        Field(name="DeveloperName", length=80),
        Field(name="SobjectType", type=Type.PICKLIST, length=40),
        Field(name="IsActive", type=Type.BOOLEAN, default=True),
    ),
)  # fmt: skip

CASE_COMMENT = ObjectType(
    name="CaseComment", prefix="00a", name_field="Id",
    fields=(
        Field(name="ParentId", type=Type.REFERENCE, length=18, reference_to=("Case",),
              relationship="Parent", required=True, updateable=False),
        Field(name="CommentBody", type=Type.TEXTAREA, length=4_000, bytes_limit=4_000),
        Field(name="IsPublished", type=Type.BOOLEAN, default=False),
    ),
)  # fmt: skip

CAMPAIGN = ObjectType(
    name="Campaign", prefix="701",
    fields=(
        Field(name="Name", length=80, required=True),
        Field(name="Status", type=Type.PICKLIST, length=40, default="Planned",
              picklist=("Planned", "In Progress", "Completed", "Aborted")),
        Field(name="Description", type=Type.TEXTAREA, length=32_000),
        Field(name="StartDate", type=Type.DATE),
        Field(name="EndDate", type=Type.DATE),
        Field(name="Jira_Key__c", length=255, external_id=True, unique=True),
    ),
)  # fmt: skip

MARKETING_REQUEST = ObjectType(
    name="Marketing_Request__c", prefix="a00", label="Marketing Request",
    fields=(
        Field(name="Name", length=80),  # left out, it becomes the record's id
        Field(name="Board_Column__c", type=Type.PICKLIST, length=255, picklist=BOARD_COLUMNS,
              restricted=True, default="Requested"),
        _reference("Case__c", "Case", "Case__r"),
        Field(name="Jira_Key__c", length=255, external_id=True, unique=True),
        Field(name="Jira_Status__c", length=255),
        Field(name="Jira_URL__c", type=Type.URL, length=255),
        Field(name="Done__c", length=255),
        Field(name="Due__c", type=Type.DATE),
        Field(name="Promised__c", type=Type.DATE),
        Field(name="Note__c", type=Type.TEXTAREA, length=32_000),
        Field(name="Bridge_Synced__c", type=Type.DATETIME),
        Field(name="Bridge_Problem__c", length=255),
        Field(name="Bridge_Key__c", length=255, external_id=True, unique=True),
    ),
    derive=lambda row: {**row, "Name": row.get("Name") or row["Id"]},
)  # fmt: skip

CONTENT_DOCUMENT = ObjectType(
    name="ContentDocument", prefix="069", name_field="Title",
    fields=(Field(name="Title", length=255),),
)  # fmt: skip

CONTENT_VERSION = ObjectType(
    name="ContentVersion", prefix="068", name_field="Title",
    fields=(
        Field(name="Title", length=255),
        Field(name="PathOnClient", length=500),
        Field(name="Description", length=1_000),
        Field(name="ContentSize", type=Type.DOUBLE, createable=False, updateable=False),
        Field(name="SharingPrivacy", type=Type.PICKLIST, length=40, picklist=("N", "P"),
              default="N"),
        _reference("ContentDocumentId", "ContentDocument", "ContentDocument"),
        _reference("FirstPublishLocationId", "Case", "FirstPublishLocation"),
    ),
)  # fmt: skip

STANDARD = (
    CONTENT_DOCUMENT, CONTENT_VERSION,
    CASE, ACCOUNT, CONTACT, USER, GROUP, RECORD_TYPE, CASE_COMMENT, CAMPAIGN, MARKETING_REQUEST,
)  # fmt: skip


def standard_schema(
    objects: Sequence[ObjectType] = (), fields: Mapping[str, Sequence[Field]] | None = None
) -> Schema:
    """The standard objects, further `objects`, and further `fields` by object name."""
    more = fields or {}
    kinds = (*STANDARD, *objects)
    return Schema(kind.with_fields(more.get(kind.name, ())) for kind in kinds)
