"""One step of a rule, compiled: its arguments, whom it addresses, and where it goes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bridge.calendars import Calendars
from bridge.canonical.timed import record_kind
from bridge.connectors.action import Action
from bridge.rules import arguments, model
from bridge.rules.compiler import Compiler, site
from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.route_loader import route
from bridge.rules.ruleset import Site, Step
from bridge.rules.sources import Source
from bridge.rules.template import Table


class StepLoader:
    """Compiles steps; problems are collected."""

    def __init__(
        self,
        actions: Mapping[str, type[Action[Any]]],
        *,
        connections: Mapping[str, str] | None,
        sources: Sequence[Source],
        problems: list[Problem],
        calendars: Calendars | None = None,
    ) -> None:
        self.calendars = calendars
        self.actions = actions
        self.connections = connections
        self.sources = sources
        self.problems = problems

    def step(
        self, place: Site, form: model.Step, *, rule: model.RuleForm, at: Compiler
    ) -> Step | None:
        """The step, or `None` when nobody knows its action."""
        action = self.actions.get(form.action)
        if action is None:
            text = f"no action `{form.action}`{did_you_mean(form.action, self.actions)}"
            self._say(place, form.action, text=text)
            return None
        where = _below(place, "if")
        condition = at.condition(where, form.condition) if form.condition else None
        inner = at.knowing(at.present(condition))
        target = self._target(place, form, rule=rule, action=action)
        self._create_only(place, form, action=action)
        if form.merge is not None and action.merged is Action.merged:
            text = f"`merge` belongs to an action that sets fields; {action.kind} is never merged"
            self._say(place, "merge", text=text)
        self._not_kept(place, form, action=action)
        self._makers(place, form, makers=at.steps)
        makes = action.creates is not None
        return Step(
            id=form.id or form.action,
            action=action,
            args=self._args(place, form, action=action, target=target, at=inner),
            site=_below(place, form.action),
            connection=self._connection(place, form, action=action, target=target),
            condition=condition,
            was=form.was,
            role=(form.role or form.id or rule.id) if makes else None,
            relation=(form.relation or "originates") if makes else None,
            expires=form.expires,
            alone=form.merge == "never",
            waits_for=form.waits_for,
            target=target,
            route=route(
                _below(place, "route"),
                form.route,
                action=action,
                at=inner,
                calendars=self.calendars,
            )
            if form.route is not None
            else None,
        )

    def _args(
        self,
        place: Site,
        form: model.Step,
        *,
        action: type[Action[Any]],
        target: str | None,
        at: Compiler,
    ) -> Table:
        where = _below(place, form.action)
        items = {
            key: at.value(_below(where, key), value, keep_empty=key == action.fields_from)
            for key, value in form.args.items()
        }
        table = Table(items, keep_empty=False)
        found = arguments.check(where, table, action=action, addressed=target is not None)
        self.problems.extend(found)
        return table

    def _create_only(self, place: Site, form: model.Step, *, action: type[Action[Any]]) -> None:
        for key in ("role", "relation"):
            if getattr(form, key) is not None and action.creates is None:
                text = f"`{key}` belongs to an action that makes a record; {action.kind} makes none"
                self._say(place, key, text=text)
        if form.relation == "mirrors" and action.target is not None:
            text = f"`mirrors` is one to one, and {action.kind} makes many for one record"
            self._say(place, "relation", text=text)

    def _makers(self, place: Site, form: model.Step, *, makers: Collection[str]) -> None:
        for name in form.waits_for:
            if name not in makers:
                text = f"no earlier step `{name}` makes a record{did_you_mean(name, makers)}"
                self._say(place, "waits_for", text=text)

    def _not_kept(self, place: Site, form: model.Step, *, action: type[Action[Any]]) -> None:
        """A field that a source's `write_back` keeps has one writer: two would undo each other."""
        given = form.args.get(action.fields_from or "")
        fields: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        for source in self.sources:
            home = (self.connections or {}).get(source.connection, source.connection)
            other = form.args.get("object", source.object) != source.object
            if home != system(action) or other:
                continue
            for part, name in source.write_back.items():
                if name in fields:
                    text = (
                        f"`{name}` is kept by `write_back.{part}` of source `{source.id}`; "
                        "take it out of one of the two"
                    )
                    at = _below(_below(place, form.action), action.fields_from or "")
                    self._say(at, name, text=text)

    def _target(
        self, place: Site, form: model.Step, *, rule: model.RuleForm, action: type[Action[Any]]
    ) -> str | None:
        """The field Bridge fills with the address of the linked record or of the subject."""
        if action.target is None or action.target in form.args:
            return None
        kind = record_kind(rule.when[0])
        if rule.each is None and not self._lives_in(kind, system(action)):
            text = (
                f"`{action.target}` is missing: the event's own record is not in {system(action)}; "
                "say which record, or use `each: {linked: …}`"
            )
            self._say(place, form.action, text=text)
        return action.target

    def _lives_in(self, kind: str, wanted: str) -> bool:
        homes = {source.connection for source in self.sources if source.kind == kind}
        known = self.connections or {}
        return not homes or any(known.get(home, home) == wanted for home in homes)

    def _connection(
        self, place: Site, form: model.Step, *, action: type[Action[Any]], target: str | None
    ) -> str | None:
        """The connection a step goes to; `None` when that depends on what it addresses."""
        fitting = self._fitting(system(action))
        if form.connection is not None:
            if form.connection not in fitting and self.connections is not None:
                text = f"no {system(action)} connection `{form.connection}`"
                self._say(place, "connection", text=text + did_you_mean(form.connection, fitting))
            return form.connection
        if target is not None or len(fitting) == 1:
            return None if target is not None else fitting[0]
        text = f"which connection? there are {', '.join(fitting)}: add `connection:`"
        if not fitting:
            text = f"no connection to {system(action)} is set up"
        self._say(place, form.action, text=text)
        return None

    def _fitting(self, wanted: str) -> tuple[str, ...]:
        if self.connections is None:
            return (wanted,)
        return tuple(sorted(n for n, place in self.connections.items() if place == wanted))

    def _say(self, place: Site, key: str, *, text: str) -> None:
        self.problems.append(place.document.key_problem((*place.path, key), text))


def system(action: type[Action[Any]]) -> str:
    """The system an action belongs to: the front of its name."""
    return action.kind.partition(".")[0]


def _below(place: Site, step: str | int) -> Site:
    return site(place.document, *place.path, step)
