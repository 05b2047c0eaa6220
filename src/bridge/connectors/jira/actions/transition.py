"""Move an issue to a status, along whatever transition its workflow offers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

from pydantic import Field, JsonValue
from typing_extensions import override

from bridge.canonical.ref import Ref
from bridge.connectors.action import Outcome, Receipt, Repeat
from bridge.connectors.jira.actions.on_issue import OnIssue
from bridge.connectors.jira.address import address
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.fields import Shaped, shape
from bridge.connectors.jira.form import Form, keyed, read_form
from bridge.connectors.jira.receipt import shown_issue
from bridge.connectors.jira.wiki import Markup
from bridge.errors import PermanentError

CATEGORIES = {
    "new": "new",
    "indeterminate": "indeterminate",
    "done": "done",
    "todo": "new",  # our own words for the same
    "in_progress": "indeterminate",
}
_STATUS = frozenset({"status.name", "status.id", "status.statusCategory.key"})
Json = Mapping[str, Any]


class TransitionIssue(OnIssue):
    """Move an issue. `to` is a status by id or name, or a category by its key in small letters.

    Names are translated for the account that asks; ids and categories (`new`, `indeterminate`,
    `done`) are not. Transitions are found by where they lead, because their own ids and names
    differ in each workflow.
    """

    kind: ClassVar[str] = "jira.transition_issue"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    moves: ClassVar[bool] = True
    calls: ClassVar[int] = 3  # its status, the ways from there, the move
    fields_from: ClassVar[str | None] = "fields"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"issue": "jira:issue:10231", "to": "In Progress"},
        {"issue": "ENG-12", "to": "done", "resolution": "Fixed"},
    )

    to: str
    resolution: str | None = None
    fields: Mapping[str, JsonValue] = {}
    markup: Markup = Field(default="text", description="wiki: the texts are wiki markup of ours")

    @override
    @classmethod
    def field_for(cls, object_: str, path: str) -> str | None:
        return "to" if object_ == "issue" and path in _STATUS else None

    @override
    @classmethod
    def setting(cls, ref: Ref, values: Mapping[str, Any]) -> Self:
        return cls(issue=str(ref), to=str(values["to"]))

    @override
    def run(self, client: JiraClient, key: str) -> Receipt:
        """The status is read first: there already is a success, and so is a lost answer's repeat."""
        issue = address(self.issue)
        shown = client.issue(issue, ["status"])
        if _is(shown["fields"]["status"], self.to):
            return shown_issue(client, shown, outcome=Outcome.UNCHANGED)
        chosen = self._choose(client.transitions(issue))
        shaped = self._shaped(client, chosen)
        try:
            client.transition(issue, str(chosen["id"]), fields=shaped.fields)
        except PermanentError:
            if not _is(client.issue(issue, ["status"])["fields"]["status"], self.to):
                raise
            return shown_issue(client, shown, outcome=Outcome.UNCHANGED)
        wrote = {**shaped.fields, "status": dict(chosen["to"])}
        return shown_issue(client, shown, note=shaped.note, wrote=wrote, strangers=shaped.strangers)

    def _choose(self, offered: Sequence[Json]) -> Json:
        """Of several ways there, one whose required fields we have."""
        leading = [one for one in offered if _is(one["to"], self.to)]
        if not leading:
            raise PermanentError(
                f"jira: no transition leads to {self.to!r} from here; available: {_names(offered)}",
                code="no-transition",
            )
        lacking = {str(one["id"]): self._lacking(_form(one)) for one in leading}
        for one in leading:
            if not lacking[str(one["id"])]:
                return one
        first = leading[0]
        raise PermanentError(
            f"jira: transition {first.get('name')!r} also needs:"
            f" {', '.join(lacking[str(first['id'])])}; give them in `fields`",
            code="fields-required",
        )

    def _lacking(self, form: Form) -> list[str]:
        given = {name.casefold() for name in self.fields}
        given |= {"resolution"} if self.resolution else set()
        return [
            f"{one.name} ({one.id})"
            for one in form.fields.values()
            if one.required
            and not one.has_default
            and not given & {one.id.casefold(), one.name.casefold()}
        ]

    def _shaped(self, client: JiraClient, chosen: Json) -> Shaped:
        """A resolution that this transition does not ask for is set by its workflow, or not at all."""
        form = _form(chosen)
        values = dict(self.fields)
        notes: tuple[str, ...] = ()
        if self.resolution and "resolution" in form:
            values["resolution"] = self.resolution
        elif self.resolution:
            notes = ("resolution: not on the screen of this transition, so it was left out",)
        shaped = shape(values, form, people=client, markup=self.markup)
        return replace(shaped, notes=shaped.notes + notes)


def _is(status: Json, wanted: str) -> bool:
    """By id, by name, or by the category's key; categories are written in small letters."""
    if wanted == str(status.get("id")):
        return True
    if wanted in CATEGORIES:
        category = status.get("statusCategory") or {}
        return bool(category.get("key") == CATEGORIES[wanted])
    return wanted.casefold() == str(status.get("name", "")).casefold()


def _form(transition: Json) -> Form:
    what = f"transition {transition.get('name')!r}"
    return read_form(what, keyed(transition.get("fields") or {}))


def _names(offered: Iterable[Json]) -> str:
    named = sorted({str(one["to"].get("name")) for one in offered})
    return ", ".join(named) or "none (is the account allowed to move this issue?)"
