"""What somebody wants read in: of which source, which records, since when, and how fast."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bridge.rules.part import Name


class State(StrEnum):
    """Where a backfill stands; the diagram is with its table."""

    COUNTING = "counting"
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Wish(BaseModel):
    """Nothing is read before the plan is run."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "source": "engineering-work",
                    "query": "project = ENG AND created >= 2026-01-01",
                    "why": "the year so far, for the numbers",
                },
                {"source": "customer-feedback", "since": "2026-06-01T00:00:00Z", "history": True},
            ]
        },
    )

    source: Name = Field(description="the source whose records are read, as in `sources/`")
    query: str = Field(
        default="",
        max_length=20_000,
        description="JQL; or SOQL that selects the Id, or its condition alone. Left out: all"
        " records, in Jira those of the connection's project",
    )
    since: AwareDatetime | None = Field(
        default=None, description="only what was changed since then"
    )
    history: bool = Field(
        default=False,
        description="also what was changed before, and that it was made: Jira's changelogs,"
        " Salesforce's field history where it is on",
    )
    share: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="of the calls that are left of a quota, without the reserve: what takes more"
        " is spread over the time until there are more",
    )
    why: str = Field(default="", max_length=1_000)
