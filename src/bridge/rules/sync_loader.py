"""The syncs of all files, checked against sources, actions and maps."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.connectors.contract import Action
from bridge.converters.contract import Converter
from bridge.converters.rich_text import is_markup
from bridge.rules import sync_maps
from bridge.rules.agree import End, Owner
from bridge.rules.compiler import Compiler, site
from bridge.rules.descriptors import bare
from bridge.rules.document import Document, Path
from bridge.rules.guard import Guard
from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.slot import Slot
from bridge.rules.sources import Source
from bridge.rules.sync import Pair, Stop, Sync
from bridge.rules.sync_converter import built
from bridge.rules.sync_form import ASK, LATEST, PairForm, SyncForm
from bridge.rules.sync_talk_check import Speaking, talk_problems
from bridge.rules.sync_twice import twice
from bridge.rules.world import Worlds

_OPTIONS = ("owner", "map", "as")


class SyncLoader:
    """Checks the syncs of all files; problems are collected."""

    def __init__(
        self,
        worlds: Worlds,
        *,
        actions: Mapping[str, type[Action[Any]]],
        connections: Mapping[str, str] | None,
        sources: Sequence[Source],
        problems: list[Problem],
    ) -> None:
        self.worlds = worlds
        self.actions = actions
        self.connections = connections
        self.sources = {source.id: source for source in sources}
        self.problems = problems

    def syncs(self, found: Sequence[tuple[Document, Path, SyncForm]]) -> tuple[Sync, ...]:
        """Those that can be understood."""
        made: dict[str, Sync] = {}
        for document, place, form in found:
            if form.id in made:
                text = f"there is a sync `{form.id}` already; give this one another id"
                self.problems.append(document.problem((*place, "id"), text))
            sync = self.sync(document, place, form)
            made |= {form.id: sync} if sync else {}
        self.problems.extend(twice([one for one in made.values() if not one.is_off]))
        return tuple(made.values())

    def sync(self, document: Document, place: Path, form: SyncForm) -> Sync | None:
        """The sync, or `None` when nobody knows what it is between."""
        ends = [
            self._source(document, (*place, "between", n), one)
            for n, one in enumerate(form.between)
        ]
        left, right = ends
        if left is None or right is None:
            return None
        if left.connection == right.connection:
            text = f"both are of connection `{left.connection}`; a sync is between two connections"
            self.problems.append(document.problem((*place, "between"), text))
            return None
        one = _Ends(self, document, left, right)
        never = one.by_connection((*place, "never"), form.never)
        self.problems.extend(talk_problems(document, place, form, self._places(left, right)))
        return Sync(
            id=form.id,
            version=self._version(document, place),
            left=left,
            right=right,
            roles=form.roles,
            stop=one.stops((*place, "stop"), form.stop),
            never={name: frozenset(map(str.casefold, fields)) for name, fields in never.items()},
            pairs=tuple(one.pairs((*place, "fields"), form)),
            form=form,
            site=site(document, *place),
        )

    def _places(self, *sources: Source) -> list[Speaking]:
        """The two ends, and on which of their objects comments can be said."""
        return [
            Speaking(
                connection=one.connection,
                object=one.object,
                objects=frozenset(
                    action.comments_on
                    for kind, action in self.actions.items()
                    if kind.partition(".")[0] == self.system(one) and action.comments_on
                ),
            )
            for one in sources
        ]

    def system(self, source: Source) -> str:
        """Of a source's connection; empty where it is not known."""
        one = source.connection
        return one if self.connections is None else self.connections.get(one, "")

    def _source(self, document: Document, place: Path, name: str) -> Source | None:
        found = self.sources.get(name)
        if found is None:
            text = f"no source `{name}`{did_you_mean(name, self.sources)}"
            self.problems.append(document.problem(place, text))
        return found

    def _version(self, document: Document, place: Path) -> str:
        value: Any = document.value
        for step in place:
            value = value[step]
        text = json.dumps([value, self.worlds.tables], sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


class _Ends:
    """What stands in one sync under the names of its two connections."""

    def __init__(self, loader: SyncLoader, document: Document, left: Source, right: Source) -> None:
        self.loader = loader
        self.document = document
        self.sources = {End.LEFT: left, End.RIGHT: right}
        self.names = {left.connection: End.LEFT, right.connection: End.RIGHT}

    def by_connection(self, place: Path, said: Mapping[str, Any]) -> dict[str, Any]:
        """What is said of the two connections; a third is a mistake."""
        for name in said:
            if name not in self.names:
                text = f"`{name}` is neither of the two connections{did_you_mean(name, self.names)}"
                self._key_problem((*place, name), text)
        return {name: value for name, value in said.items() if name in self.names}

    def stops(self, place: Path, said: Mapping[str, str]) -> dict[End, Stop]:
        found: dict[End, Stop] = {}
        for name, text in self.by_connection(place, said).items():
            stop = self._stop((*place, name), text, self.sources[self.names[name]].kind)
            found |= {self.names[name]: stop} if stop else {}
        return found

    def pairs(self, place: Path, form: SyncForm) -> Iterator[Pair]:
        seen: set[tuple[End, str]] = set()
        for number, one in enumerate(form.fields):
            pair = self._pair((*place, number), one, form)
            if pair is None:
                continue
            for end in End:
                self._once((*place, number), pair, end, seen)
            yield pair

    def _once(self, place: Path, pair: Pair, end: End, seen: set[tuple[End, str]]) -> None:
        """No field, and nothing that is written by one name, stands in two pairs."""
        slot = pair.slot(end)
        said = [slot.name, f"={slot.sets}"] if pair.writes(end) else [slot.name]
        if {(end, one) for one in said} & seen:
            text = f"`{slot.name}` stands in another pair of this sync already; take one out"
            if (end, slot.name) not in seen:
                text = f"another pair of this sync writes `{slot.path}` as well; take one out"
            self._problem((*place, slot.source.connection), text)
        seen |= {(end, one) for one in said}

    def _pair(self, place: Path, form: PairForm, sync: SyncForm) -> Pair | None:
        owner = self._owner(place, form)
        slots = {name: self._slot(place, form, name) for name in self.names}
        self._strange(place, form)
        left, right = (slots[self.sources[end].connection] for end in End)
        if owner is None or left is None or right is None:
            return None
        for end, slot in ((End.LEFT, left), (End.RIGHT, right)):
            if owner.value != end.value:
                self._written(place, slot, sync)
        table = self._table(place, form, left, right, owner)
        self._alike(place, form, left, right, owner)
        return Pair(
            left=left,
            right=right,
            owner=owner,
            words=table,
            back=None if table is None else sync_maps.backwards(table),
            converter=self._converter(place, form, (left, right)),
        )

    def _owner(self, place: Path, form: PairForm) -> Owner | None:
        if form.owner in self.names:
            return Owner(self.names[form.owner].value)
        if form.owner in (LATEST, ASK):
            return Owner(form.owner)
        known = (*self.names, LATEST, ASK)
        near = did_you_mean(form.owner, known)
        self._problem((*place, "owner"), f"no owner `{form.owner}`{near}")
        return None

    def _strange(self, place: Path, form: PairForm) -> None:
        for name in form.of_each:
            if name not in self.names:
                known = (*self.names, *_OPTIONS)
                self._key_problem(
                    (*place, name), f"unknown key `{name}`{did_you_mean(name, known)}"
                )

    def _slot(self, place: Path, form: PairForm, connection: str) -> Slot | None:
        source = self.sources[self.names[connection]]
        name = form.of_each.get(connection)
        if name is None:
            if not set(form.of_each) - self.names.keys():  # else it may be misspelt, which is told
                self._key_problem(
                    place, f"`{connection}` is missing: which field of {source.kind}?"
                )
            return None
        at = (*place, connection)
        if name not in source.model.model_fields:
            near = did_you_mean(name, source.model.model_fields)
            self._problem(at, f"{source.kind} has no field `{name}`{near}")
            return None
        read = source.fields.get(name)
        path = (read.field or read.id) if read is not None else None
        if path is None:
            text = f"source {source.id} reads `{name}` from no field of {source.object}"
            self._problem(at, f"{text}; say in its `fields` which one")
            return None
        self._tracked(at, source, name)
        return self._made(source, name, path)

    def _made(self, source: Source, name: str, path: str) -> Slot:
        known = self.loader.system(source)
        found = (
            (action, sets)
            for kind, action in sorted(self.loader.actions.items())
            if kind.partition(".")[0] == known and (sets := action.field_for(source.object, path))
        )
        action, sets = next(found, (None, ""))
        return Slot(source=source, name=name, path=path, system=known, action=action, sets=sets)

    def _tracked(self, at: Path, source: Source, name: str) -> None:
        """A change that nobody keeps is never seen, so it would reach nobody."""
        if name not in source.tracked:
            text = f"changes of `{name}` are not kept by source {source.id}, so none would be seen"
            self._problem(at, f"{text}; only fields that are `tracked` can agree")

    def _written(self, place: Path, slot: Slot, sync: SyncForm) -> None:
        at = (*place, slot.source.connection)
        if slot.action is None:
            text = f"`{slot.name}` is read from `{slot.path}` of {slot.source.object}, which nobody can write"
            self._problem(at, f"{text}; let {slot.source.connection} own the field")
            return
        denied = {one.casefold() for one in sync.never.get(slot.source.connection, ())}
        if denied & {
            slot.sets.casefold(),
            slot.path.casefold(),
            slot.path.partition(".")[0].casefold(),
        }:
            text = f"`{slot.name}` is `{slot.path}`, which stands in `never`"
            self._problem(at, f"{text}; take the pair out, or let {slot.source.connection} own it")

    def _table(
        self, place: Path, form: PairForm, left: Slot, right: Slot, owner: Owner
    ) -> Mapping[str, Any] | None:
        tables = self.loader.worlds.tables
        if form.map is None:
            return None
        if form.map not in tables:
            self._problem((*place, "map"), f"no map `{form.map}`{did_you_mean(form.map, tables)}")
            return None
        table = tables[form.map]
        for text in sync_maps.mistakes(form.map, table, left, right, owner):
            self._problem((*place, "map"), text)
        return table

    def _converter(self, place: Path, form: PairForm, slots: Sequence[Slot]) -> Converter | None:
        made = built(form, {*self.names, *(slot.system for slot in slots)})
        for path, text in made.mistakes:
            self._problem((*place, *path), text)
        return made.converter

    def _alike(self, place: Path, form: PairForm, left: Slot, right: Slot, owner: Owner) -> None:
        """Two fields of different types need something that carries one to the other."""
        if form.converter is not None:
            return
        if form.map is None and is_markup(left.place) != is_markup(right.place):
            text = f"`{left.name}` and `{right.name}` are not written alike: one is wiki markup"
            self._problem(place, f"{text}; say `as: plain_text`, or for HTML `as: rich_text`")
            return
        table = self.loader.worlds.tables.get(form.map or "")
        if form.map is None and bare(left.annotation) != bare(right.annotation):
            text = f"`{left.name}` and `{right.name}` are not of one type"
            self._problem(place, f"{text}; say with `map` or `as` what carries one to the other")
        elif form.map is None or table is not None:
            for text in sync_maps.unwritable(left, right, owner, table):
                self._problem(place, text)

    def _stop(self, place: Path, text: str, kind: str) -> Stop | None:
        worlds, before = self.loader.worlds, len(self.loader.problems)
        world = worlds.alone(kind)
        guard = Guard(worlds.schema, world.variables)
        compiler = Compiler(world=world, guard=guard, problems=self.loader.problems)
        condition = compiler.condition(site(self.document, *place), text)
        if condition is None or len(self.loader.problems) > before:
            return None
        return Stop(
            condition=condition,
            kind=kind,
            scope=world.scope,
            schema=worlds.schema,
            message=world.variables[kind],
        )

    def _problem(self, place: Path, text: str) -> None:
        self.loader.problems.append(self.document.problem(place, text))

    def _key_problem(self, place: Path, text: str) -> None:
        self.loader.problems.append(self.document.key_problem(place, text))
