"""What somebody wants adopted: pairs that are listed, or a query whose rows name both ends."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bridge.rules.part import Name, Relation

MOST_PAIRS = 5_000  # listed in one request: some 100 bytes each, of the megabyte a body may have
MOST_ROWS = 10_000  # of a query, unless told otherwise
Said = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)]
PLACE = r"^[a-z][a-z0-9_-]{0,79}:[A-Za-z][A-Za-z0-9_]{0,79}$"
Place = Annotated[str, StringConstraints(pattern=PLACE)]


class Outcome(StrEnum):
    """What becomes of a pair, or became of it."""

    LINK = "link"  # would be linked
    ADOPTED = "adopted"  # was linked by this run
    LINKED = "linked"  # was linked already: nothing to do
    NOT_FOUND = "not_found"  # an end is named that nobody has
    AMBIGUOUS = "ambiguous"  # several records have the name, or the list says two things
    CONFLICT = "conflict"  # the left end has another link in this role
    UNMAPPED = "unmapped"  # the record is there, but no source takes it
    EMPTY = "empty"  # an end is left blank


class Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RoleForm(Form):
    """What two records are to each other, and where bare names of them are looked up."""

    role: Name | None = Field(
        default=None, description="which create these links answer; left out: the rules' only one"
    )
    relation: Relation | None = Field(default=None, description="left out: that of the role")
    left_object: Place | None = Field(
        default=None,
        description="where left names are looked up, `salesforce:Case`; left out: as the role says",
    )
    right_object: Place | None = Field(default=None, description="the same for right names")


class PairForm(Form):
    """Two records as people name them: a ref, an id, a case number, an issue key or a URL."""

    left: Said = Field(description="the record the link starts from, as a rule the customer's")
    right: Said = Field(description="the record that answers it, as a rule the issue")
    role: Name | None = Field(default=None, description="left out: that of the whole import")
    relation: Relation | None = None


class QueryForm(Form):
    """A SOQL or JQL query. Each row is one end; one of its fields names the other."""

    connection: Name
    text: str = Field(min_length=1, max_length=20_000, description="the SOQL or JQL")
    field: str = Field(
        min_length=1,
        max_length=200,
        description="the field that names the other end, such as Jira_Key__c or customfield_10050;"
        " it may hold several, parted by commas or blanks",
    )


HOLDER = (
    r"^(?:([a-z][a-z0-9_-]{0,79}):)?([A-Za-z][A-Za-z0-9_]{0,79})\.([A-Za-z][A-Za-z0-9_]{0,99})$"
)


class Wish(RoleForm):
    """What to adopt, and how. Nothing is linked before the plan is run."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "pairs": [{"left": "00001234", "right": "ENG-12"}],
                    "role": "task",
                    "why": "linked by hand until today",
                },
                {
                    "query": {
                        "connection": "salesforce",
                        "text": "SELECT Id, Jira_Key__c FROM Case WHERE Jira_Key__c != null",
                        "field": "Jira_Key__c",
                    },
                    "role": "improvement",
                },
                {"field": "Case.Jira_Key__c", "role": "improvement"},
            ]
        },
    )

    pairs: tuple[PairForm, ...] = Field(default=(), max_length=MOST_PAIRS)
    query: QueryForm | None = None
    field: Annotated[str, StringConstraints(pattern=HOLDER)] | None = Field(
        default=None,
        description="an object's field that names the other end, where it holds something:"
        " `Case.Jira_Key__c`, `issue.customfield_10050`; with `salesforce:` before it, or another"
        " connection, where several have such an object",
    )
    several: bool = Field(
        default=False, description="one left record may have more than one link in this role"
    )
    announce: bool = Field(
        default=False,
        description="tell the rules at once, so that boards are brought in step: up to two writes"
        " a record; left out: with the next event of a record",
    )
    most: int = Field(default=MOST_ROWS, ge=1, le=100_000, description="rows of a query, at most")
    why: str = Field(default="", max_length=1_000)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = (bool(self.pairs), self.query is not None, self.field is not None)
        if sum(given) != 1:
            raise ValueError("give either `pairs`, a `query` or a `field`")
        return self
