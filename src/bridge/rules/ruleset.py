"""A loaded set of mappings: sources, compiled rules and people, ready to interpret and decide."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from bridge.canonical.event import Origin
from bridge.connectors.action import Action
from bridge.converters.contract import Directory
from bridge.ledger.rolling import Rolling, Rollings
from bridge.rules.accounts import Accounts
from bridge.rules.condition import Condition, Site
from bridge.rules.descriptors import Schema
from bridge.rules.expression import Expression, Scope
from bridge.rules.link_form import LinksForm
from bridge.rules.model import Each, RuleForm
from bridge.rules.people import People
from bridge.rules.route import Route
from bridge.rules.sources import Source
from bridge.rules.sync import Sync
from bridge.rules.template import Template, expressions
from bridge.rules.timing import Timing

__all__ = ["Condition", "Rule", "RuleSet", "Site", "Step", "World"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a rule, compiled. `target` names the field Bridge fills with an address."""

    id: str
    action: type[Action[Any]]
    args: Template
    site: Site
    connection: str | None  # None: the connection of what is addressed
    condition: Condition | None = None
    was: tuple[str, ...] = ()
    role: str | None = None
    relation: str | None = None
    expires: timedelta | None = None
    alone: bool = False  # never merged with others
    waits_for: tuple[str, ...] = ()  # earlier steps, besides those whose results it uses
    target: str | None = None
    route: Route | None = None  # told as an alert, together with others


@dataclass(frozen=True, kw_only=True)
class World:
    """What expressions of rules about one record kind may name."""

    kind: str
    far: str | None  # the linked record's kind, with `each`
    scope: Scope
    variables: Mapping[str, str]  # message type of each variable that is a message
    maps: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule, compiled. `version` changes with its content and the maps it may use."""

    id: str
    version: str
    kind: str
    when: frozenset[str]
    origins: frozenset[Origin]
    each: Each | None
    condition: Condition | None
    steps: tuple[Step, ...]
    world: World
    form: RuleForm
    site: Site
    timing: Timing | None = None  # time sets it off

    def expressions(self) -> Iterator[Expression]:
        """All that deciding evaluates; the terms of a condition are parts of it."""
        conditions = (self.condition, *(step.condition for step in self.steps))
        yield from (one.whole for one in conditions if one is not None)
        for step in self.steps:
            yield from expressions(step.args)
            if step.route is not None:
                yield from step.route.expressions()


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """Everything in `mappings/`, checked. Immutable, and safe to share among threads."""

    hash: str
    files: Mapping[str, str]
    sources: tuple[Source, ...]
    rules: tuple[Rule, ...]
    people: People
    maps: Mapping[str, Mapping[str, Any]]
    schema: Schema
    systems: Mapping[str, str] = field(default_factory=dict)  # connection -> system, where known
    syncs: tuple[Sync, ...] = ()
    idle: tuple[Sync, ...] = ()  # syncs in mode `off`: they are tested, and do nothing
    links: Mapping[str, LinksForm] = field(default_factory=dict)  # by role or relation

    @cached_property
    def used(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """By record kind and variable: the fields that some rule about it names. No others are bound."""
        found: dict[str, dict[str, frozenset[str]]] = {}
        for rule in self.rules:
            fields = found.setdefault(rule.kind, {})
            for expression in rule.expressions():
                for name, *steps in expression.names:
                    kind = rule.world.variables.get(name)
                    if kind is not None:  # without a step the record is meant as a whole
                        more = steps[:1] or self.schema.fields[kind]
                        fields[name] = fields.get(name, frozenset()).union(more)
        return found

    @cached_property
    def rollings(self) -> Rollings:
        """How linked work adds up."""
        return Rollings(declared={name: _rolling(one) for name, one in self.links.items()})

    @cached_property
    def timings(self) -> Mapping[str, tuple[Timing, ...]]:
        """What time does, by record kind."""
        found: dict[str, tuple[Timing, ...]] = {}
        for rule in self.rules:
            if rule.timing is not None:
                found[rule.kind] = (*found.get(rule.kind, ()), rule.timing)
        return found

    @cached_property
    def directory(self) -> Directory:
        """Who is who, for what carries people from one system to the other."""
        return Accounts(self.people, self.systems)

    def sync(self, rule: str) -> Sync | None:
        """The sync that deliveries with this rule come from; `None` if it is not here."""
        return next((one for one in self.syncs if one.rule == rule), None)

    def timing(self, rule: str) -> Timing | None:
        """When time sets a rule off; `None` for one that it does not, or that is not here."""
        found = (one for timings in self.timings.values() for one in timings if one.rule == rule)
        return next(found, None)

    @cached_property
    def carries_comments(self) -> bool:
        """Whether a sync carries what hangs on records."""
        return any(sync.form.comments or sync.form.attachments for sync in self.syncs)

    @cached_property
    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        """The maps as variables that an expression names."""
        return {f"maps.{name}": dict(table) for name, table in self.maps.items()}

    @cached_property
    def resolving(self) -> Mapping[str, tuple[tuple[Rule, Step], ...]]:
        """By record kind: the steps whose alerts last until their `resolve` holds."""
        found: dict[str, list[tuple[Rule, Step]]] = {}
        for rule in self.rules:
            for step in rule.steps:
                if step.route is not None and step.route.resolve is not None:
                    found.setdefault(rule.kind, []).append((rule, step))
        return {kind: tuple(steps) for kind, steps in found.items()}

    def step(self, rule: str, step: str) -> tuple[Rule, Step] | None:
        """The step of this name, by whichever of its names it is asked for."""
        for one in self.rules:
            if one.id == rule:
                return next(
                    ((one, each) for each in one.steps if step in {each.id, *each.was}), None
                )
        return None

    def source_for(self, connection: str, object_: str) -> tuple[Source, ...]:
        """Sources of a connection's object, in the order of the files."""
        return tuple(
            source
            for source in self.sources
            if source.connection == connection and source.object == object_
        )

    def rules_for(self, triggers: frozenset[str]) -> tuple[Rule, ...]:
        """Rules that some of these triggers concern, in the order of the files."""
        places = sorted({at for trigger in triggers for at in self._places.get(trigger, ())})
        return tuple(self.rules[at] for at in places)

    @cached_property
    def _places(self) -> Mapping[str, Sequence[int]]:
        """By trigger: which of the rules it concerns."""
        found: dict[str, list[int]] = {}
        for at, rule in enumerate(self.rules):
            for trigger in rule.when:
                found.setdefault(trigger, []).append(at)
        return found


def _rolling(form: LinksForm) -> Rolling:
    if form.rollup is None:
        return Rolling(counts=False)
    return Rolling(most=form.rollup.status == "most", earliest=form.rollup.due == "earliest")
