"""A set of mappings against what the systems say of themselves now, before an event meets it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from bridge.connectors.connected import Connections
from bridge.connectors.vocabulary import Missing, Screen, Told, Unknown, or_nearest
from bridge.errors import BridgeError
from bridge.rules.agree import End
from bridge.rules.live_syncs import arguments, misfits, words
from bridge.rules.model import FieldForm
from bridge.rules.possible import Place, Possible, possible
from bridge.rules.problem import Problem
from bridge.rules.review.places import Places
from bridge.rules.review.situations import situations
from bridge.rules.review.words import expressions, never
from bridge.rules.ruleset import Rule, RuleSet, Site, Step
from bridge.rules.slot import Slot
from bridge.rules.sources import Source
from bridge.rules.step_loader import system
from bridge.rules.sync import Pair, Sync
from bridge.rules.vendor import VARIABLE, VendorExpression

_PATHS = ("field", "ref", "id", "name", "email", "value")
T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Finding:
    """A problem, and whose it is: `rule told`, `source work`."""

    problem: Problem
    about: str


@dataclass
class Live:
    """One look at all systems. `unasked` says of each that gave no answer why. `thorough`: syncs that
    are off, and what can be edited on a record, are looked at too; what is found there is a warning."""

    rules: RuleSet
    connections: Connections
    thorough: bool = False
    unasked: dict[str, str] = field(default_factory=dict)
    _screens: dict[tuple[str, str], Screen | None] = field(default_factory=dict)
    _words: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # of canonical fields
    _open: set[tuple[str, str]] = field(default_factory=set)  # those that may hold others too

    @cached_property
    def _places(self) -> Places:
        return Places(self.rules.files)

    def findings(self) -> tuple[Finding, ...]:
        """What the mappings name and the systems do not have, by place."""
        sites = {str(one.get("id")): site for site, one in self._places.sources()}
        found = [
            Finding(one, f"source {source.id}")
            for source in self.rules.sources
            for one in self._source(source, sites[source.id])
        ]
        for one in situations(self.rules):
            told = [*self._compared(one.rule)]
            for step in one.rule.steps:
                told += self._step(one.rule, step, possible(step, one.space))
            found += [Finding(problem, f"rule {one.rule.id}") for problem in told]
        for sync in (*self.rules.syncs, *(self.rules.idle if self.thorough else ())):
            wrong = (one.warning() if sync.is_off else one for one in self._sync(sync))
            found += [Finding(problem, f"sync {sync.id}") for problem in wrong]
        return tuple(sorted({*found}))

    def silent(self) -> Iterator[Problem]:
        """Systems that could not be asked, each said where the first source of it stands."""
        for connection, why in sorted(self.unasked.items()):
            text = f"`{connection}` could not be asked, so its words are not compared; {why}"
            for site, source in self._places.sources():
                if source.get("from", {}).get("connection") == connection:
                    place = (*site.path, "from", "connection")
                    yield site.document.problem(place, text).warning()
                    break

    def _ask(self, connection: str, ask: Callable[[Any, Any], T]) -> T | None:
        """What a system answers; `None` when it has no words or cannot be asked. Raises Missing."""
        linked = self.connections.get(connection)
        if linked is None or linked.connector.vocabulary is None or connection in self.unasked:
            return None
        try:
            return ask(linked.connector.vocabulary, linked.client)
        except BridgeError as error:
            self.unasked[connection] = str(error)
            return None

    def _told(self, source: Source, path: str) -> Told | None:
        return self._ask(
            source.connection, lambda words, client: words.field(client, source.object, path)
        )

    def _source(self, source: Source, site: Site) -> Iterator[Problem]:
        for name, form in source.fields.items():
            if name in source.computed:
                yield from self._expression(
                    source, source.computed[name], site, "fields", name, "value"
                )
            else:
                yield from self._field(source, name, form, site)
        for kept, path in source.write_back.items():
            yield from self._named(source, path, site, "write_back", kept)
        if source.only is not None:
            yield from self._expression(source, source.only, site, "only")

    def _field(self, source: Source, name: str, form: FieldForm, site: Site) -> Iterator[Problem]:
        for key in _PATHS:
            path = getattr(form, key)
            if path:
                yield from self._named(source, path, site, "fields", name, key)
        if form.field is not None:
            yield from self._mapped(source, name, form, site)

    def _named(self, source: Source, path: str, site: Site, *below: str) -> Iterator[Problem]:
        """Is the field there?"""
        try:
            self._told(source, path)
        except Missing as error:
            yield site.document.problem((*site.path, *below), str(error))

    def _mapped(self, source: Source, name: str, form: FieldForm, site: Site) -> Iterator[Problem]:
        """The field's words that its map does not have. Without a map they are the record's own."""
        try:
            told = self._told(source, form.field or "")
        except Missing:
            return
        if told is None or not told.words:
            return
        if form.map is None:
            self._words.setdefault((source.kind, name), set()).update(told.words)
            self._open |= set() if told.closed else {(source.kind, name)}
            return
        table = self.rules.maps[form.map]
        new = [word for word in told.words if word not in table]
        if new:
            yield self._lacking(
                form, new, [one for one in table if one not in told.words], (site, name)
            )

    def _lacking(
        self, form: FieldForm, new: list[str], gone: list[str], where: tuple[Site, str]
    ) -> Problem:
        """A word that came while another went was most likely renamed."""
        words = ", ".join(f'"{one}"' for one in new)
        read = "" if form.otherwise is None else f", so it is read as `{form.otherwise}`"
        hint = f"; add {'it' if len(new) == 1 else 'them'} to the map"
        if len(new) == 1 and gone:
            hint = or_nearest(new[0], gone).replace("did you mean", "rename the key") or hint
            hint = f"; rename the key `{gone[0]}` to it" if len(gone) == 1 else hint
        text = f"`{form.field}` may be {words}, which map `{form.map}` does not have{read}{hint}"
        site, name = where
        found = site.document.problem((*site.path, "fields", name, "map"), text)
        return found if form.otherwise is None else found.warning()

    def _expression(
        self, source: Source, expression: VendorExpression, site: Site, *below: str
    ) -> Iterator[Problem]:
        """The fields it names, and the words it compares them with."""
        words: dict[tuple[str, ...], tuple[str, ...]] = {}
        others: dict[tuple[str, ...], tuple[str, ...]] = {}
        place = Site(site.document, (*site.path, *below))
        for path in expression.paths:
            try:
                told = self._told(source, path)
            except Missing as error:
                yield place.document.problem(place.path, str(error))
                continue
            if told is not None and told.words:
                (words if told.closed else others)[VARIABLE, *path.split(".")] = told.words
        root = expression.expression.root
        yield from never(place, 0, root, words)
        yield from (one.warning() for one in never(place, 0, root, others))

    def _compared(self, rule: Rule) -> Iterator[Problem]:
        """Fields that hold the system's own words, compared with one it does not have."""
        words: dict[tuple[str, ...], frozenset[str]] = {}
        others: dict[tuple[str, ...], frozenset[str]] = {}
        for (kind, name), known in self._words.items():
            for variable in (kind, "before") if kind == rule.kind else (kind,):
                held = others if (kind, name) in self._open else words
                held[variable, name] = frozenset(known)
        for site, offset, root in expressions(rule):
            yield from never(site, offset, root, words)
            yield from (one.warning() for one in never(site, offset, root, others))

    def _step(
        self, rule: Rule, step: Step, given: Mapping[Place, tuple[Possible, ...]]
    ) -> Iterator[Problem]:
        said = {place: frozenset(one.value for one in some) for place, some in given.items()}
        for connection in self._homes(rule, step):
            told = self._ask(
                connection,
                lambda words, client: tuple(words.step(client, step.action.kind, said)),
            )
            for one in told or ():
                yield from self._placed(step, one, given.get(one.place, ()))

    def _placed(self, step: Step, one: Unknown, given: tuple[Possible, ...]) -> Iterator[Problem]:
        """At the argument; a value out of a map at its place there."""
        held = [some for some in given if some.map and str(some.value) == one.word]
        for some in held:
            site = self._places.map(some.map)
            if site is not None:
                yield site.document.problem((*site.path, some.key), one.text)
        if not held:
            yield step.site.document.problem((*step.site.path, *one.place), one.text)

    def _sync(self, sync: Sync) -> Iterator[Problem]:
        for number, pair in enumerate(sync.pairs):
            place = (*sync.site.path, "fields", number)
            document = sync.site.document
            told = {end: self._told_of(pair.slot(end)) for end in End}
            for end, text in misfits(pair, told):
                yield document.problem((*place, self._name(pair, end)), text)
            for end in End:
                if pair.writes(end) and told[end] is not None:
                    site = Site(document, (*place, self._name(pair, end)))
                    yield from self._written(sync, number, end, site)

    def _name(self, pair: Pair, end: End) -> str:
        return pair.slot(end).source.connection

    def _told_of(self, slot: Slot) -> Told | None:
        """A field that is missing is told where its source names it."""
        try:
            return self._told(slot.source, slot.path)
        except Missing:
            return None

    def _written(self, sync: Sync, number: int, end: End, site: Site) -> Iterator[Problem]:
        """What the system would not take of what is written there."""
        pair, form = sync.pairs[number], sync.form.fields[number]
        slot, said, keys = pair.slot(end), arguments(pair, end), words(pair, end)
        connection = slot.source.connection
        found = self._ask(connection, lambda know, one: tuple(know.step(one, slot.kind, said)))
        for one in found or ():
            table = self._places.map(form.map) if form.map and keys.get(one.word) else None
            at = site if table is None else Site(table.document, (*table.path, keys[one.word]))
            yield at.document.problem(at.path, one.text)
        screen = self._screen(slot.source) if self.thorough else None
        if not found and screen is not None and _off_screen(slot, screen):
            text = f"`{slot.sets}` cannot be edited on {screen.of}; is it on the edit screen?"
            yield site.document.problem(site.path, text).warning()

    def _screen(self, source: Source) -> Screen | None:
        place = (source.connection, source.object)
        if place not in self._screens:
            self._screens[place] = self._ask(
                source.connection, lambda know, one: know.screen(one, source.object)
            )
        return self._screens[place]

    def _homes(self, rule: Rule, step: Step) -> tuple[str, ...]:
        """The connections a step may go to."""
        wanted = system(step.action)
        fitting = [name for name, one in self.connections.items() if one.system == wanted]
        if step.connection is not None:
            return (step.connection,)
        kind = rule.each.linked if rule.each else rule.kind
        homes = {one.connection for one in self.rules.sources if one.kind == kind}
        return tuple(name for name in fitting if name in homes) or tuple(fitting)


def _off_screen(slot: Slot, screen: Screen) -> bool:
    """A move from state to state has no field, and an argument may be called otherwise than its field."""
    return slot.action is not None and not slot.action.moves and slot.sets not in screen.fields
