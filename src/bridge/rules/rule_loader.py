"""One rule of a file, compiled and checked against record kinds, actions and connections."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridge.calendars import Calendars
from bridge.canonical.kind import Kind, Kinds
from bridge.canonical.timed import TIMED
from bridge.connectors.action import Action
from bridge.rules import model
from bridge.rules.compiler import Compiler, site
from bridge.rules.descriptors import bare
from bridge.rules.document import Document, Path
from bridge.rules.guard import Guard
from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.ruleset import Condition, Rule, Step
from bridge.rules.sources import Source
from bridge.rules.step_loader import StepLoader
from bridge.rules.template import LINKED
from bridge.rules.timing import Timing
from bridge.rules.timing_loader import TimingLoader
from bridge.rules.world import Worlds

ACTS = ("created", "updated", "deleted", "linked")


def happenings(kind: Kind) -> tuple[str, ...]:
    """What may follow the dot in a trigger: an act, or a yes-or-no field that became true."""
    fields = kind.model.model_fields.items()
    return (*ACTS, *(name for name, info in fields if bare(info.annotation) is bool))


def trigger_names(kind: Kind) -> tuple[str, ...]:
    """What `when` may say about records of a kind."""
    timed = (event for event, about in TIMED.items() if about == kind.name)
    return (*(f"{kind.name}.{what}" for what in happenings(kind)), *timed)


class RuleLoader:
    """Compiles the rules of all files; problems are collected."""

    def __init__(
        self,
        kinds: Kinds,
        worlds: Worlds,
        *,
        actions: Mapping[str, type[Action[Any]]],
        connections: Mapping[str, str] | None,
        sources: Sequence[Source],
        problems: list[Problem],
        calendars: Calendars | None = None,
    ) -> None:
        self.calendars = calendars
        self.kinds = kinds
        self.worlds = worlds
        self.actions = actions
        self.connections = connections
        self.sources = sources
        self.problems = problems

    def rule(self, document: Document, place: Path, form: model.RuleForm) -> Rule | None:
        """The rule, or `None` when nothing in it can be typed because its kinds are unknown."""
        kind = self._kind(document, place, form)
        if kind is None or not self._each_is_fine(document, place, form=form, kind=kind):
            return None
        world = self.worlds.world(kind, form.each.linked if form.each else None)
        compiler = Compiler(
            world=world,
            guard=Guard(self.worlds.schema, world.variables),
            problems=self.problems,
            has_linked=form.each is not None,
        )
        where = site(document, *place, "if")
        condition = compiler.condition(where, form.condition) if form.condition else None
        self._changes(document, place, form=form, kind=kind, condition=condition)
        inner = compiler.knowing(compiler.present(condition))
        if form.condition and condition is None:
            inner = replace(inner, blind=True)  # one complaint about it is enough
        return Rule(
            id=form.id,
            version=self._version(document, place),
            kind=kind,
            when=frozenset(form.when),
            origins=frozenset(form.origins),
            each=form.each,
            condition=condition,
            steps=self._steps(document, place, form=form, compiler=inner),
            world=world,
            form=form,
            site=site(document, *place),
            timing=self._timing(document, place, form),
        )

    def _timing(self, document: Document, place: Path, form: model.RuleForm) -> Timing | None:
        loader = TimingLoader(self.calendars, self.sources, self.problems)
        return loader.timing(document, place, form)

    def _kind(self, document: Document, place: Path, form: model.RuleForm) -> str | None:
        """The one record kind all triggers are about."""
        found = []
        for number, trigger in enumerate(form.when):
            kind = self._trigger(document, (*place, "when", number), trigger)
            found += [kind] if kind else []
        if len(set(found)) > 1:
            text = f"one rule is about one record kind, this one about {' and '.join(dict.fromkeys(found))}"
            self.problems.append(document.problem((*place, "when"), text))
            return None
        return found[0] if found and len(found) == len(form.when) else None

    def _trigger(self, document: Document, place: Path, trigger: str) -> str | None:
        if trigger in TIMED:
            return TIMED[trigger]
        kind, _, what = trigger.partition(".")
        if kind not in self.kinds:
            text = f"no record kind `{kind}`{self._meant(trigger, kind)}"
            self.problems.append(document.problem(place, text))
            return None
        known = happenings(self.kinds[kind])
        if what not in known:
            text = f"`{kind}` has no event `{what}`{self._near(kind, what, known)}"
            if what in self.kinds[kind].model.model_fields:
                text = f"`{trigger}` is no event; write {kind}.updated, and if: changed.{what}"
            self.problems.append(document.problem(place, text))
            return None
        return kind

    def _near(self, kind: str, what: str, known: Sequence[str]) -> str:
        timed = {event.partition(".")[2]: event for event, about in TIMED.items() if about == kind}
        return f"; write `{timed[what]}`" if what in timed else did_you_mean(what, known)

    def _meant(self, trigger: str, kind: str) -> str:
        """An event of time is told whole: its first word is no record kind."""
        if kind in {event.partition(".")[0] for event in TIMED}:
            return did_you_mean(trigger, TIMED)
        return did_you_mean(kind, tuple(known.name for known in self.kinds))

    def _changes(
        self,
        document: Document,
        place: Path,
        *,
        form: model.RuleForm,
        kind: str,
        condition: Condition | None,
    ) -> None:
        """Refuse to wait for a change that no source keeps: it would never come."""
        tracked = [source.tracked for source in self.sources if source.kind == kind]
        if not tracked:
            return
        kept = frozenset[str]().union(*tracked)
        names = condition.whole.names if condition else ()
        waits = [
            ((*place, "if"), f"changed.{one[1]}", one[1])
            for one in names
            if len(one) > 1 and one[0] == "changed"
        ]
        for number, trigger in enumerate(form.when):
            what = trigger.partition(".")[2]
            if what not in ACTS and trigger not in TIMED:
                waits.append(((*place, "when", number), trigger, what))
        for at, said, field in waits:
            if field not in kept:
                text = f"`{said}` never comes: no source of {kind} has `{field}` in its `tracked`"
                self.problems.append(document.problem(at, text))

    def _each_is_fine(
        self, document: Document, place: Path, *, form: model.RuleForm, kind: str
    ) -> bool:
        if form.each is None:
            return True
        far = form.each.linked
        text = ""
        if far not in self.kinds:
            names = tuple(known.name for known in self.kinds)
            text = f"no record kind `{far}`{did_you_mean(far, names)}"
        elif far == kind:
            text = f"a rule about {kind} cannot take each linked {kind}: one name for two records"
        if text:
            self.problems.append(document.problem((*place, "each", "linked"), text))
        return not text

    def _steps(
        self, document: Document, place: Path, *, form: model.RuleForm, compiler: Compiler
    ) -> tuple[Step, ...]:
        loader = StepLoader(
            self.actions,
            connections=self.connections,
            sources=self.sources,
            problems=self.problems,
            calendars=self.calendars,
        )
        names = [step.id or step.action for step in form.do]
        self._unique(document, place, names=names, form=form)
        made: list[Step] = []
        before: set[str] = set()
        for number, step in enumerate(form.do):
            inner = compiler.after(frozenset(before), frozenset(names) - before)
            found = loader.step(site(document, *place, "do", number), step, rule=form, at=inner)
            if found is not None:
                made.append(found)
                before |= {found.id} if found.action.creates else set()
            elif step.action not in self.actions:
                before.add(names[number])  # one complaint about it is enough
        return tuple(made)

    def _unique(
        self, document: Document, place: Path, *, names: Sequence[str], form: model.RuleForm
    ) -> None:
        taken = {"before", "changed", "event", "now", "maps", "rollup", LINKED}
        taken |= {kind.name for kind in self.kinds}
        for number, name in enumerate(names):
            at = (*place, "do", number)
            if name in names[:number]:
                told = "" if form.do[number].id else "; give one of them an `id:`"
                self.problems.append(document.problem(at, f"two steps are called `{name}`{told}"))
            if name in taken:
                text = f"`{name}` means something else in expressions; call the step otherwise"
                self.problems.append(document.problem((*at, "id"), text))

    def _version(self, document: Document, place: Path) -> str:
        value: Any = document.value
        for step in place:
            value = value[step]
        text = json.dumps([value, self.worlds.tables], sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
