"""The workflow: which ways lead on from where an issue stands, and going one of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.connectors.jira.simulator import catalogue, comments, drafts, issues, metadata, view
from bridge.connectors.jira.simulator.account import Account
from bridge.connectors.jira.simulator.catalogue import Transition
from bridge.connectors.jira.simulator.refusal import BAD_BODY, Refused
from bridge.connectors.jira.simulator.site import Site
from bridge.connectors.jira.simulator.state import Issue, State

_DONE = {status.id for status in catalogue.STATUSES if status.category == "done"}


def available(site: Site, issue: Issue, *, actor: Account) -> tuple[Transition, ...]:
    """Without the permission there are none, as in Jira."""
    if actor is site.state.bot and "TRANSITION_ISSUES" in site.state.denied:
        return ()
    status = issue.values["status"]
    ways = site.state.projects[issue.project].transitions
    return tuple(way for way in ways if not way.sources or status in way.sources)


def shown(state: State, ways: Sequence[Transition]) -> dict[str, Any]:
    """The answer of GET transitions."""
    return {"expand": "transitions", "transitions": [_shown(state, way) for way in ways]}


def shown_with_fields(state: State, issue: Issue, ways: Sequence[Transition]) -> dict[str, Any]:
    """The same with `expand=transitions.fields`: what each screen takes and demands."""
    answer = shown(state, ways)
    for entry, way in zip(answer["transitions"], ways, strict=True):
        entry["fields"] = {
            name: metadata.field(state, name, project=issue.project, required=name in way.required)
            for name in way.screen
        }
    return answer


def go(site: Site, issue: Issue, body: Any, *, actor: Account, version: str = "2") -> None:
    """Take a transition by its id. Raises Refused 400."""
    way = _way(site, issue, body, actor=actor)
    rest = {name: value for name, value in body.items() if name != "transition"}
    draft = drafts.on_transition(
        site.state, issue, rest, version=version, screen=frozenset(way.screen)
    )
    errors = {
        name: f"{catalogue.FIELDS[name].name} is required."
        for name in way.required
        if (draft.values.get(name) or issue.values.get(name)) is None
    }
    if errors:
        raise Refused(400, errors=errors)
    _move_on(site, issue, way, values=draft.values, actor=actor)
    comments.add_all(site, issue, draft.comments, actor=actor)


def check(site: Site, body: Any, *, project: str, actor: Account) -> None:
    """Refuse a create's `transition` before the issue is made: it starts in the first status."""
    if isinstance(body, Mapping) and body.get("transition"):
        first = Issue(
            id=0, key=project, values={"project": project, "status": catalogue.STATUSES[0].id}
        )
        _way(site, first, body, actor=actor)


def _move_on(
    site: Site, issue: Issue, way: Transition, *, values: Mapping[str, Any], actor: Account
) -> None:
    done = way.to in _DONE
    cleared: dict[str, Any] = dict.fromkeys(way.clears)
    items = issues.apply(site, issue, {**cleared, **values, "status": way.to})
    issue.values["resolutiondate"] = site.state.now() if done else None
    issues.changed(site, issue, items, actor=actor, kind="issue_generic")


def _way(site: Site, issue: Issue, body: Any, *, actor: Account) -> Transition:
    asked = body.get("transition") if isinstance(body, Mapping) else None
    if not isinstance(asked, Mapping) or not isinstance(asked.get("id"), str):
        raise Refused(400, BAD_BODY)
    for way in available(site, issue, actor=actor):
        if way.id == asked["id"]:
            return way
    known = {way.id: way for way in site.state.projects[issue.project].transitions}
    if asked["id"] not in known:
        raise Refused(400, f"Transition id '{asked['id']}' is not valid for this issue.")
    name = known[asked["id"]].name
    raise Refused(
        400,
        f"It seems that you have tried to perform a workflow operation ({name}) that is not valid"
        f" for the current state of this issue {issue.key}. The likely cause is that somebody has"
        " changed the issue recently, please look at the issue history for details.",
    )


def _shown(state: State, way: Transition) -> dict[str, Any]:
    return {
        "id": way.id,
        "name": way.name,
        "to": view.status(way.to, state.site),
        "hasScreen": bool(way.screen),
        "isGlobal": not way.sources,
        "isInitial": False,
        "isAvailable": True,
        "isConditional": False,
    }
