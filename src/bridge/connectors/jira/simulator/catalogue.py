"""The site as its admin set it up: fields, issue types, workflow, projects, and their seed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What a field holds; decides which shapes it takes and how it is shown."""

    TEXT = "text"
    WIKI = "wiki"
    LABELS = "labels"
    PRIORITY = "priority"
    RESOLUTION = "resolution"
    STATUS = "status"
    TYPE = "issuetype"
    PROJECT = "project"
    USER = "user"
    DATE = "date"
    DATETIME = "datetime"
    MOMENT = "moment"
    NUMBER = "number"
    OPTION = "option"
    OPTIONS = "options"
    VERSIONS = "versions"
    SPRINTS = "sprints"
    PARENT = "parent"
    SECURITY = "security"


@dataclass(frozen=True, kw_only=True)
class Named:
    """A value out of a list: priority, resolution, option, link type."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Status(Named):
    category: str  # new, indeterminate, done


@dataclass(frozen=True, kw_only=True)
class Level(Named):
    """Of issue security. Our account is in every one: whom it leaves out is told nothing and finds nothing."""

    description: str


@dataclass(frozen=True, kw_only=True)
class Field:
    id: str
    name: str
    kind: Kind
    custom: str = ""  # the custom field type; empty for a system field
    options: tuple[Named, ...] = ()
    read_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Transition:
    """`sources` empty: from everywhere. `required` are fields on its screen that must be set."""

    id: str
    name: str
    to: str
    sources: tuple[str, ...] = ()
    screen: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Project:
    """`required`: issue type name -> field ids that a create must set."""

    id: int
    key: str
    name: str
    types: tuple[str, ...]
    transitions: tuple[Transition, ...]
    screen: frozenset[str]
    required: dict[str, frozenset[str]] = field(default_factory=dict)
    lead: str = "dana"
    issues: int = 0  # the number of the last key


@dataclass(kw_only=True)
class Version:
    id: str
    name: str
    project: str
    released: bool = False
    archived: bool = False
    release_date: date | None = None


@dataclass(kw_only=True)
class Sprint:
    id: int
    name: str
    state: str = "future"  # future, active, closed
    goal: str = ""
    start: str | None = None
    end: str | None = None
    board: int = 3


TYPES = tuple(
    Named(id=str(10_001 + n), name=name)
    for n, name in enumerate(("Task", "Story", "Improvement", "Bug", "Incident"))
)
STATUSES = (
    Status(id="10000", name="To Do", category="new"),
    Status(id="3", name="In Progress", category="indeterminate"),
    Status(id="10001", name="In Review", category="indeterminate"),
    Status(id="10002", name="Done", category="done"),
)
CATEGORIES: Mapping[str, tuple[int, str, str]] = {
    "new": (2, "blue-gray", "To Do"),
    "indeterminate": (4, "yellow", "In Progress"),
    "done": (3, "green", "Done"),
}
PRIORITIES = tuple(
    Named(id=str(n), name=name)
    for n, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), start=1)
)
DEFAULT_PRIORITY = "3"
RESOLUTIONS = tuple(
    Named(id=str(10_000 + n), name=name)
    for n, name in enumerate(("Done", "Won't Do", "Duplicate", "Cannot Reproduce"))
)
LEVELS = (
    Level(id="10000", name="Internal", description="Staff alone."),
    Level(id="10001", name="Security team", description="For what is not mended yet."),
)
LINK_TYPES = (
    ("10000", "Blocks", "blocks", "is blocked by"),
    ("10001", "Relates", "relates to", "relates to"),
    ("10002", "Duplicate", "duplicates", "is duplicated by"),
)
IMPACTS = tuple(
    Named(id=str(10_100 + n), name=name) for n, name in enumerate(("Minor", "Major", "Critical"))
)
PRODUCTS = tuple(
    Named(id=str(10_200 + n), name=name) for n, name in enumerate(("Router", "Switch", "Phone"))
)
SPRINT_FIELD = "customfield_10020"
IMPACT_FIELD = "customfield_10031"

_SYSTEM = (
    ("summary", "Summary", Kind.TEXT),
    ("description", "Description", Kind.WIKI),
    ("environment", "Environment", Kind.WIKI),
    ("issuetype", "Issue Type", Kind.TYPE),
    ("project", "Project", Kind.PROJECT),
    ("priority", "Priority", Kind.PRIORITY),
    ("labels", "Labels", Kind.LABELS),
    ("assignee", "Assignee", Kind.USER),
    ("reporter", "Reporter", Kind.USER),
    ("duedate", "Due date", Kind.DATE),
    ("fixVersions", "Fix versions", Kind.VERSIONS),
    ("parent", "Parent", Kind.PARENT),
    ("resolution", "Resolution", Kind.RESOLUTION),
    ("security", "Security Level", Kind.SECURITY),
)
_READ_ONLY = (
    ("status", "Status", Kind.STATUS),
    ("creator", "Creator", Kind.USER),
    ("created", "Created", Kind.MOMENT),
    ("updated", "Updated", Kind.MOMENT),
    ("resolutiondate", "Resolved", Kind.MOMENT),
    ("timespent", "Time Spent", Kind.NUMBER),
    ("timeoriginalestimate", "Original estimate", Kind.NUMBER),
)
_CUSTOM: tuple[tuple[str, str, Kind, str, tuple[Named, ...]], ...] = (
    (SPRINT_FIELD, "Sprint", Kind.SPRINTS, "gh-sprint", ()),
    ("customfield_10029", "Salesforce Case", Kind.TEXT, "textfield", ()),
    (IMPACT_FIELD, "Customer Impact", Kind.OPTION, "select", IMPACTS),
    ("customfield_10032", "Product Lines", Kind.OPTIONS, "multiselect", PRODUCTS),
    ("customfield_10033", "Customer Quote", Kind.WIKI, "textarea", ()),
    ("customfield_10034", "Customer Weight", Kind.NUMBER, "float", ()),
    ("customfield_10035", "Promised", Kind.DATE, "datepicker", ()),
    ("customfield_10036", "Promised At", Kind.DATETIME, "datetime", ()),
    ("customfield_10037", "Account Manager", Kind.USER, "userpicker", ()),
)
FIELDS: Mapping[str, Field] = {
    entry.id: entry
    for entry in (
        *(Field(id=ident, name=name, kind=kind) for ident, name, kind in _SYSTEM),
        *(
            Field(id=ident, name=name, kind=kind, read_only=True)
            for ident, name, kind in _READ_ONLY
        ),
        *(
            Field(id=ident, name=name, kind=kind, custom=custom, options=options)
            for ident, name, kind, custom, options in _CUSTOM
        ),
    )
}
_ON_SCREEN = frozenset(FIELDS) - {"environment", "resolution"} - {entry[0] for entry in _READ_ONLY}
_LINEAR = (
    Transition(id="11", name="Start work", to="3", sources=("10000",)),
    Transition(id="21", name="Send to review", to="10001", sources=("3",)),
    Transition(
        id="31",
        name="Finish",
        to="10002",
        sources=("10001",),
        screen=("resolution", "fixVersions"),
        required=("resolution",),
    ),
    Transition(id="41", name="Back to work", to="3", sources=("10001",)),
    Transition(id="51", name="Reopen", to="10000", sources=("10002",), clears=("resolution",)),
)
_SIMPLE = tuple(
    Transition(id=str(10 * n + 1), name=status.name, to=status.id)
    for n, status in enumerate(STATUSES, start=1)
)


def projects() -> dict[str, Project]:
    """ENG has a linear workflow and demands an impact on bugs and incidents; OPS is simplified."""
    names = tuple(entry.name for entry in TYPES)
    return {
        "ENG": Project(
            id=10_001,
            key="ENG",
            name="Engineering",
            types=names,
            transitions=_LINEAR,
            screen=_ON_SCREEN,
            required={
                "Bug": frozenset({IMPACT_FIELD}),
                "Incident": frozenset({IMPACT_FIELD}),
            },
        ),
        "OPS": Project(
            id=10_002,
            key="OPS",
            name="Operations",
            types=("Task", "Incident"),
            transitions=_SIMPLE,
            screen=_ON_SCREEN,
        ),
    }


def versions() -> dict[str, Version]:
    return {
        ident: Version(id=ident, name=name, project="ENG")
        for ident, name in (("10100", "2.4"), ("10101", "2.5"))
    }


def sprints() -> dict[int, Sprint]:
    return {number: Sprint(id=number, name=f"ENG {number}") for number in (7, 8)}
