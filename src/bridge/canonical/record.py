"""The record kinds of the first day: what the business talks about, in one vocabulary.

Every field is optional, because a source may leave it out (unknown) or the vendor may have nothing
in it (empty). Times are aware UTC. Money is a decimal with its currency.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from bridge.canonical.field import CONTENT, PERSONAL, REQUEST, TRACKED, Record


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Status(StrEnum):
    """Where work stands, least advanced first. The vendor's own word is kept beside it."""

    TODO = "todo"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class WorkType(StrEnum):
    TASK = "task"
    BUG = "bug"
    IMPROVEMENT = "improvement"
    CHANGE = "change"
    INCIDENT = "incident"


class Money(Record):
    amount: Decimal | None = None
    currency: str | None = None  # ISO 4217


class Person(Record):
    """Somebody at a system; `department` comes from `mappings/people.yaml`, never from a guess."""

    id: Annotated[str | None, PERSONAL] = None
    name: Annotated[str | None, PERSONAL] = None
    email: Annotated[str | None, PERSONAL] = None
    department: str | None = None


class CustomerRef(Record):
    """The customer as another record names it."""

    ref: str | None = None
    name: str | None = None
    value: Annotated[float | None, TRACKED] = None  # revenue a year, in the org's currency


class Feedback(Record):
    """What a customer told us: a case, a survey answer, a score."""

    number: str | None = None  # the number people use, such as a case number
    title: Annotated[str | None, CONTENT] = None
    body: Annotated[str | None, CONTENT] = None
    severity: Annotated[Severity | None, TRACKED] = None
    status: Annotated[Status | None, TRACKED] = None
    status_name: Annotated[str | None, TRACKED] = None
    product: Annotated[str | None, TRACKED] = None
    channel: str | None = None
    customer: CustomerRef | None = None
    contact: Person | None = None
    owner: Annotated[Person | None, TRACKED] = None  # who of ours has it: a person, or a queue
    score: Annotated[float | None, TRACKED] = None
    score_min: float | None = None
    score_max: float | None = None
    sentiment: Annotated[float | None, TRACKED] = None  # -1 to 1
    requested: Annotated[bool | None, REQUEST] = None  # somebody asked for engineering
    promised: Annotated[datetime | None, TRACKED] = None
    url: str | None = None
    created_at: datetime | None = None


class WorkItem(Record):
    """A piece of engineering work: an issue."""

    key: str | None = None
    title: Annotated[str | None, CONTENT] = None
    body: Annotated[str | None, CONTENT] = None
    type: Annotated[WorkType | None, TRACKED] = None
    type_name: str | None = None
    status: Annotated[Status | None, TRACKED] = None
    status_name: Annotated[str | None, TRACKED] = None
    resolution: Annotated[str | None, TRACKED] = None
    priority: Annotated[str | None, TRACKED] = None
    assignee: Annotated[Person | None, TRACKED] = None
    reporter: Person | None = None
    labels: Annotated[tuple[str, ...] | None, TRACKED] = None
    restricted_to: Annotated[str | None, TRACKED] = None  # a security level: who alone may see it
    sprint: Annotated[str | None, TRACKED] = None
    fix_versions: Annotated[tuple[str, ...] | None, TRACKED] = None
    due: Annotated[datetime | None, TRACKED] = None
    promised: Annotated[datetime | None, TRACKED] = None
    done_at: Annotated[datetime | None, TRACKED] = None
    estimate: Annotated[float | None, TRACKED] = None  # hours
    spent: Annotated[float | None, TRACKED] = None  # hours
    cost_planned: Annotated[Money | None, TRACKED] = None
    cost_actual: Annotated[Money | None, TRACKED] = None
    parent: str | None = None
    project: str | None = None
    url: str | None = None
    created_at: datetime | None = None


class Comment(Record):
    """What somebody wrote on another record.

    `public` is false for internal or restricted ones, and empty where the vendor does not say.
    """

    parent: str | None = None
    body: Annotated[str | None, CONTENT] = None
    author: Person | None = None
    public: Annotated[bool | None, TRACKED] = None
    created_at: datetime | None = None


class Attachment(Record):
    """A file on another record. `public` as of a comment; `size` in bytes, `type` a MIME type."""

    parent: str | None = None
    name: Annotated[str | None, CONTENT] = None
    type: str | None = None
    size: float | None = None
    author: Person | None = None
    public: Annotated[bool | None, TRACKED] = None
    created_at: datetime | None = None


class Release(Record):
    name: str | None = None
    project: str | None = None
    released: Annotated[bool | None, TRACKED] = None
    archived: Annotated[bool | None, TRACKED] = None
    due: Annotated[datetime | None, TRACKED] = None


class Sprint(Record):
    name: str | None = None
    state: Annotated[str | None, TRACKED] = None
    goal: Annotated[str | None, CONTENT] = None
    starts: Annotated[datetime | None, TRACKED] = None
    ends: Annotated[datetime | None, TRACKED] = None


class Project(Record):
    key: str | None = None
    name: str | None = None
    lead: Person | None = None
    planned: Annotated[datetime | None, TRACKED] = None
    promised: Annotated[datetime | None, TRACKED] = None
    delivered: Annotated[datetime | None, TRACKED] = None
    budget: Annotated[Money | None, TRACKED] = None


class Customer(Record):
    name: str | None = None
    value: Annotated[float | None, TRACKED] = None
    segment: str | None = None


class Alert(Record):
    """Something that wants attention now, whoever raised it."""

    title: Annotated[str | None, CONTENT] = None
    body: Annotated[str | None, CONTENT] = None
    severity: Annotated[Severity | None, TRACKED] = None
    state: Annotated[str | None, TRACKED] = None  # open or resolved
    about: str | None = None
    url: str | None = None
