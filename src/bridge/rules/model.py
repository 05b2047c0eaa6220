"""The form of the mapping files: what may stand in `sources/`, `rules/` and `people.yaml`.

Every class here is a part of a file; its docstring and its fields' descriptions are the mapping
reference. Expressions and actions are checked by the loader, which knows the record kinds and what
the connectors can do.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from bridge.calendars import DEFAULT
from bridge.calendars.term import TermField
from bridge.canonical.caps import Caps
from bridge.canonical.duration import Duration
from bridge.canonical.event import NO_NEWS, Origin
from bridge.rules.example import Example
from bridge.rules.link_form import LinksForm
from bridge.rules.part import Form, MapName, Name, Names, Relation, Text, Texts
from bridge.rules.route_form import RouteForm

Scalar = str | bool | int | float
Maps = Mapping[MapName, Mapping[str, Scalar]]

DECIDED = tuple(origin for origin in Origin if origin not in NO_NEWS)


class From(Form):
    """Where a source's objects come from."""

    connection: Name = Field(description="name of a connection in `bridge.yaml`")
    object: Text = Field(description="the vendor's object: `Case`, `issue`, `comment`")


class FieldForm(Form):
    """How one canonical field is read. A plain text is short for `{field: …}`."""

    short: ClassVar[str] = "field"

    field: Text | None = Field(default=None, description="path of the vendor's field")
    map: MapName | None = Field(default=None, description="a map from the vendor's word to ours")
    otherwise: Scalar | None = Field(
        default=None, alias="else", description="our word where the map has none"
    )
    scale: tuple[float, float] | None = Field(
        default=None, description="lowest and highest score the vendor can give"
    )
    ref: Text | None = Field(default=None, description="a customer: path of its id")
    id: Text | None = Field(default=None, description="a person: path of the id")
    name: Text | None = Field(default=None, description="path of the customer's or person's name")
    email: Text | None = Field(default=None, description="a person: path of the mail address")
    value: Text | None = Field(
        default=None,
        description="a customer: path of its value; alone: an expression over `record`",
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = [self.field, self.ref, self.id, None if self.ref else self.value]
        if sum(form is not None for form in forms) != 1:
            raise ValueError("give one of a path, {field: …}, {ref: …}, {id: …} or {value: …}")
        if self.field is None and (self.map or self.scale):
            raise ValueError("`map` and `scale` belong to {field: …}")
        if self.otherwise is not None and self.map is None:
            raise ValueError("`else` belongs to `map`")
        return self


class PollForm(Form):
    """A search for what no message told. A plain duration is short for `{every: …}`."""

    short: ClassVar[str] = "every"

    every: Duration = Field(description="from one search to the next, a minute or more")
    gone: Duration | None = Field(
        default=None,
        description=(
            "within this time each known record is looked for once, an hour or more: one that was"
            " deleted is shown by no search of Jira's"
        ),
    )
    where: Text | None = Field(
        default=None,
        description=(
            "which records, in the vendor's words (JQL, SOQL); left out: those of the connection's"
            " `project` in Jira, all of them in Salesforce"
        ),
    )

    untold: bool = Field(
        default=False,
        description="no message tells of all that is found here, so that it is found is no loss",
    )

    @field_validator("every")
    @classmethod
    def _in_minutes(cls, value: timedelta) -> timedelta:
        if value < timedelta(minutes=1):
            raise ValueError("a search every 1m is the most that is asked of a system")
        return value

    @field_validator("gone")
    @classmethod
    def _in_hours(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value < timedelta(hours=1):
            raise ValueError(
                "a look at every record within 1h is the most that is asked of a system"
            )
        return value


class SourceForm(Form):
    """What one object of a vendor means to us."""

    id: Name = Field(description="name of the source, once in all files")
    origin: From = Field(alias="from", description="connection and object")
    only: Text | None = Field(
        default=None, description="condition over `record`; others are no sight"
    )
    kind: Name = Field(alias="as", description="record kind: `feedback`, `work_item`, …")
    reread: bool = Field(
        default=False,
        description="read the record by id before rules see it: pushes leave fields out",
    )
    poll: PollForm | None = Field(
        default=None,
        description="search so often for what was changed, and no message told: `15m`",
    )
    fields: Mapping[str, FieldForm] = Field(description="canonical field by canonical field")
    tracked: tuple[str, ...] | None = Field(
        default=None,
        description=(
            "fields whose changes are kept and make an event, of those the kind tracks; left out:"
            " all of these. Others are known, but a change of them is no news"
        ),
    )
    write_back: Mapping[Name, Text] = Field(
        default={},
        description="vendor fields Bridge keeps: `link`, `url`, `status`, `in_step_as_of`, `problem`",
    )


class SourceFile(Form):
    """A file under `sources/`."""

    version: Literal[1]
    maps: Maps = Field(default={}, description="maps by name; names are shared by all files")
    sources: tuple[SourceForm, ...] = ()


class Each(Form):
    """The rule is decided once for every linked record of this kind."""

    short: ClassVar[str] = "linked"

    linked: Name = Field(description="record kind of the far end")
    roles: tuple[Name, ...] = Field(default=(), description="only links in these roles")


class Step(Form):
    """One thing to do: exactly one action such as `jira.create_issue: {…}`, and how."""

    calls: Mapping[str, Mapping[str, Any]] = Field(description="the action and its fields")
    id: Name | None = Field(default=None, description="name of the step; left out: the action's")
    was: Names = Field(default=(), description="earlier names of this step")
    connection: Name | None = Field(
        default=None, description="which account; left out: the only one"
    )
    role: Name | None = Field(
        default=None, description="a create: the purpose its link is kept under"
    )
    relation: Relation | None = Field(
        default=None, description="a create: how the two belong together"
    )
    expires: Duration | None = Field(default=None, description="too late to do after this time")
    waits_for: Names = Field(
        default=(), description="earlier steps that make a record: done only when that is there"
    )
    merge: Literal["never"] | None = Field(
        default=None,
        description=(
            "`never`: each goes out by itself, also with values that are there, for whoever reacts to"
            " each write; left out: what is queued for one record goes out as one"
        ),
    )
    condition: Text | None = Field(
        default=None, alias="if", description="skipped unless this holds"
    )
    route: RouteForm | None = Field(
        default=None, description="a card: told as an alert, together with others; see Route"
    )

    @model_validator(mode="before")
    @classmethod
    def _calls(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "calls" in value:
            return value
        calls = {key: item or {} for key, item in value.items() if "." in key}
        rest = {key: item for key, item in value.items() if "." not in key}
        return {**rest, "calls": calls}

    @model_validator(mode="after")
    def _one_call(self) -> Self:
        if not self.calls:
            raise ValueError("a step is exactly one action; write one, as `jira.create_issue: {…}`")
        if len(self.calls) > 1:
            raise ValueError(
                f"a step is exactly one action; make a step of each: {', '.join(self.calls)}"
            )
        return self

    @property
    def action(self) -> str:
        return next(iter(self.calls))

    @property
    def args(self) -> Mapping[str, Any]:
        return self.calls[self.action]


class CapsForm(Caps, Form):
    """How much the rule may write: beyond that it is held, and a person decides.

    A cap that is left out is that of `caps` in `bridge.yaml`; `none`: there is none.
    """


class RuleForm(Form):
    """When something happened, and if a condition holds, do these steps."""

    id: Name = Field(description="name of the rule, once in all files")
    description: Text = Field(description="one sentence for people")
    when: Texts = Field(description="events: `feedback.created`, `feedback.requested`")
    condition: Text | None = Field(default=None, alias="if", description="a CEL expression")
    after: TermField | None = Field(
        default=None, description="of a time event: so long after, `1 business day`, `2h`"
    )
    before: TermField | None = Field(
        default=None, description="of `work.due_soon`: so long before, `2 days`"
    )
    of: Literal["due", "promised"] = Field(
        default="due", description="of `work.due_soon` and `work.overdue`: which date counts"
    )
    calendar: Name = Field(
        default=DEFAULT, description="of a time event: whose business days and zone"
    )
    existing: Literal["skip", "tell"] = Field(
        default="skip", description="of a time event: what had passed before the rule came"
    )
    each: Each | None = Field(default=None, description="decide once for every linked record")
    origins: tuple[Origin, ...] = Field(
        default=DECIDED, description="left out: all but `backfill` and `own`"
    )
    mode: Literal["live", "observe"] = Field(default="live", description="observe: held, not sent")
    dead_head: Literal["block", "pass"] = Field(
        default="pass", description="whether a dead delivery holds up those after it"
    )
    urgent: bool = Field(default=False, description="goes before others, and alone")
    caps: CapsForm = Field(
        default=CapsForm(),
        description="how much it may write before it is held; left out: the usual",
    )
    do: tuple[Step, ...] = Field(min_length=1, description="what to do, in order")
    tests: tuple[Example, ...] = Field(
        description="a rule without an example is not loaded", min_length=1
    )


class RuleFile(Form):
    """A file under `rules/`."""

    version: Literal[1]
    maps: Maps = Field(default={}, description="maps by name; names are shared by all files")
    links: Mapping[Name, LinksForm] = Field(
        default={}, description="links by role or relation: how many, and what they add up to"
    )
    rules: tuple[RuleForm, ...] = ()


class RoleForm(Form):
    """What somebody is, and since when. `to` is the first day it no longer holds."""

    role: Text
    department: Text | None = Field(
        default=None, description="where, in this role; left out: the person's"
    )
    start: date | None = Field(default=None, alias="from")
    end: date | None = Field(default=None, alias="to")


class PersonForm(Form):
    """One person: department, roles, and who they are at each system.

    Whoever has roles belongs to a department on the days of a role only; days are those of UTC.
    """

    name: Text
    department: Text
    roles: tuple[RoleForm, ...] = Field(default=(), description="left out: at all times")
    identities: Mapping[Name, str | tuple[str, ...]] = Field(
        default={},
        description="system or connection -> account id or ids there; Salesforce: 15 or 18 characters",
    )


class PeopleFile(Form):
    """`people.yaml`."""

    version: Literal[1]
    people: tuple[PersonForm, ...] = ()
