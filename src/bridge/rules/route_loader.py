"""The `route:` of a step, compiled and checked."""

from collections.abc import Mapping
from typing import Any

from bridge.calendars import Calendar, Calendars
from bridge.connectors.action import Action
from bridge.rules.compiler import Compiler, site
from bridge.rules.condition import Condition, Site
from bridge.rules.problem import did_you_mean
from bridge.rules.route import Route
from bridge.rules.route_form import RouteForm
from bridge.rules.template import Template

OWN_LABELS = ("rule", "step", "connection")


def route(
    place: Site,
    form: RouteForm,
    *,
    action: type[Action[Any]],
    at: Compiler,
    calendars: Calendars | None,
) -> Route:
    """The route; problems are collected. `at` knows what the conditions before it have shown."""
    if not action.gathers:
        text = f"`route` belongs to an action that can tell several at once; {action.kind} cannot"
        _say(at, place, text)
    inner = at.after(frozenset(), at.steps | at.others)  # a group is told before or after a result
    labels = {
        name: inner.value(_below(place, "labels", name), said, keep_empty=False)
        for name, said in form.labels.items()
    }
    for name in labels:
        if name in OWN_LABELS:
            text = f"`{name}` is a label that every alert has; call this one otherwise"
            at.problems.append(place.document.key_problem((*place.path, "labels", name), text))
    return Route(
        form=form,
        group_by=_group_by(place, form, inner),
        labels=labels,
        title=_text(place, "title", form.title, inner),
        fingerprint=_text(place, "fingerprint", form.fingerprint, inner),
        resolve=_resolve(place, form, at),
        quiet=_calendar(place, "quiet_hours", form.quiet_hours, at, calendars),
        business=_calendar(place, "business_hours", form.business_hours, at, calendars),
    )


def _calendar(
    place: Site, key: str, name: str | None, at: Compiler, known: Calendars | None
) -> Calendar | None:
    """The calendar of this name; no `known`: nobody knows which are declared."""
    if name is None or known is None:
        return None if name is None else Calendar()
    if name not in known:
        _say(
            at,
            _below(place, key),
            f"no calendar `{name}` in bridge.yaml{did_you_mean(name, known)}",
        )
    elif key == "quiet_hours" and not known[name].quiet_hours:
        _say(at, _below(place, key), f"calendar `{name}` has no `quiet_hours` in bridge.yaml")
    return known.get(name)


def _resolve(place: Site, form: RouteForm, at: Compiler) -> Condition | None:
    if form.resolve is None:
        return None
    return at.unknowing().condition(_below(place, "resolve"), form.resolve)


def _group_by(place: Site, form: RouteForm, at: Compiler) -> Mapping[str, Template]:
    found: dict[str, Template] = {}
    for number, said in enumerate(form.group_by):
        where = _below(place, "group_by", number)
        if "${" in said:
            _say(at, where, "`group_by` takes expressions, without ${…}")
        elif said in found:
            _say(at, where, f"`{said}` stands here twice")
        else:
            found[said] = at.computed(where, said)
    return found


def _text(place: Site, key: str, said: str | None, at: Compiler) -> Template | None:
    return None if said is None else at.value(_below(place, key), said, keep_empty=False)


def _say(at: Compiler, place: Site, text: str) -> None:
    at.problems.append(place.document.problem(place.path, text))


def _below(place: Site, *steps: str | int) -> Site:
    return site(place.document, *place.path, *steps)
