"""Mapping files as a rule set, or every mistake in them. The same code runs at start and in `check`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.calendars import Calendars
from bridge.canonical.kind import Kinds
from bridge.connectors.action import Action
from bridge.rules import document as documents
from bridge.rules import form
from bridge.rules.document import Document, Path
from bridge.rules.link_form import LinksForm
from bridge.rules.model import PeopleFile, RuleFile, RuleForm, SourceFile, SourceForm
from bridge.rules.people import People, people
from bridge.rules.people_loader import mistakes
from bridge.rules.problem import MappingProblems, Problem
from bridge.rules.rule_loader import RuleLoader
from bridge.rules.ruleset import Rule, RuleSet
from bridge.rules.source_loader import SourceLoader
from bridge.rules.sources import Source
from bridge.rules.sync import Sync
from bridge.rules.sync_ends import Ground
from bridge.rules.sync_form import SyncFile, SyncForm
from bridge.rules.sync_loader import SyncLoader
from bridge.rules.world import Worlds

__all__ = ["Rule", "RuleSet", "Source", "Sync", "content_hash", "load"]


@dataclass
class _Read:
    """What the files hold, by kind, as far as it could be read."""

    sources: list[tuple[Document, Path, SourceForm]] = field(default_factory=list)
    rules: list[tuple[Document, Path, RuleForm]] = field(default_factory=list)
    syncs: list[tuple[Document, Path, SyncForm]] = field(default_factory=list)
    maps: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    links: dict[str, LinksForm] = field(default_factory=dict)
    people: list[tuple[Document, PeopleFile]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def load(
    files: Mapping[str, str],
    *,
    kinds: Kinds,
    actions: Mapping[str, type[Action[Any]]],
    connections: Mapping[str, str] | None,
    calendars: Calendars | None = None,
) -> RuleSet:
    """The rule set of these files (relative path -> text). Raises MappingProblems with every mistake.

    `connections` maps names to systems; `None` when it is not known what is set up, and then a
    system's name serves as its connection's. `calendars` likewise: any name then means the default. Examples are not run here: see `check`.
    """
    read = _read(files)
    worlds = Worlds(kinds, read.maps)
    sources = _sources(read, kinds, connections=connections)
    loader = RuleLoader(
        kinds, worlds, actions=actions, connections=connections, sources=sources,
        problems=read.problems, calendars=calendars,
    )  # fmt: skip
    rules = _rules(read, loader)
    ground = Ground(
        worlds=worlds, actions=actions, connections=connections, sources=sources,
        problems=read.problems,
    )  # fmt: skip
    syncs = SyncLoader(ground).syncs(read.syncs)
    everybody = _people(read, systems=_systems(connections, actions))
    if read.problems:
        raise MappingProblems(read.problems)
    return RuleSet(
        hash=content_hash(files), files=dict(files), sources=sources, rules=rules, links=read.links,
        syncs=tuple(one for one in syncs if not one.is_off),
        idle=tuple(one for one in syncs if one.is_off),
        people=everybody, maps=read.maps, schema=worlds.schema, systems=dict(connections or {}),
    )  # fmt: skip


def content_hash(files: Mapping[str, str]) -> str:
    """Identity of a set of files: 16 hex digits of what they say, line ends and order apart."""
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        lines = "\n".join(text.splitlines())
        digest.update(f"{len(name)}:{name}{len(lines)}:{lines}".encode("utf-8", "replace"))
    return digest.hexdigest()[:16]


def _read(files: Mapping[str, str]) -> _Read:
    read = _Read()
    for name in sorted(files):
        document, problems = documents.read(name, files[name])
        read.problems.extend(problems)
        if document is not None and document.value is not None:
            _take(read, document)
    return read


def _take(read: _Read, document: Document) -> None:
    folder = document.file.partition("/")[0]
    match folder:
        case "sources":
            _take_sources(read, document)
        case "rules":
            _take_rules(read, document)
        case "syncs":
            _take_syncs(read, document)
        case "people.yaml" | "people.yml":
            _take_people(read, document)
        case _:
            text = "mappings are `sources/*.yaml`, `rules/*.yaml`, `syncs/*.yaml` and `people.yaml`"
            read.problems.append(Problem(document.file, 1, 1, text))


def _take_sources(read: _Read, document: Document) -> None:
    found, problems = form.validate(document, SourceFile)
    read.problems.extend(problems)
    _take_maps(read, document, found.maps if found else _readable(document))
    read.sources += [
        (document, ("sources", number), one)
        for number, one in form.items(document, "sources", SourceForm)
    ]


def _take_rules(read: _Read, document: Document) -> None:
    found, problems = form.validate(document, RuleFile)
    read.problems.extend(problems)
    _take_maps(read, document, found.maps if found else _readable(document))
    _take_links(read, document, found.links if found else {})
    read.rules += [
        (document, ("rules", number), one)
        for number, one in form.items(document, "rules", RuleForm)
    ]


def _take_links(read: _Read, document: Document, links: Mapping[str, LinksForm]) -> None:
    for name, one in links.items():
        if name in read.links:
            text = f"links of `{name}` are declared already; all files share them"
            read.problems.append(document.key_problem(("links", name), text))
        if name == "mirrors" and one.cardinality not in {None, "1:1"}:
            text = (
                "`mirrors` is one to one: each record has one mirror, and the database keeps it so"
            )
            read.problems.append(document.problem(("links", name, "cardinality"), text))
        read.links[name] = one


def _take_syncs(read: _Read, document: Document) -> None:
    found, problems = form.validate(document, SyncFile)
    read.problems.extend(problems)
    _take_maps(read, document, found.maps if found else _readable(document))
    read.syncs += [
        (document, ("syncs", number), one)
        for number, one in form.items(document, "syncs", SyncForm)
    ]


def _take_people(read: _Read, document: Document) -> None:
    found, problems = form.validate(document, PeopleFile)
    read.problems.extend(problems)
    if found is not None:
        read.people.append((document, found))


def _readable(document: Document) -> Mapping[str, Mapping[str, Any]]:
    """The maps of a file that has a mistake, which is told already, as far as they can be read."""
    found = document.value.get("maps") if isinstance(document.value, dict) else None
    tables = found.items() if isinstance(found, dict) else ()
    return {
        name: {key: one for key, one in table.items() if isinstance(one, str | bool | int | float)}
        for name, table in tables
        if isinstance(table, dict)
    }


def _take_maps(read: _Read, document: Document, maps: Mapping[str, Mapping[str, Any]]) -> None:
    for name, table in maps.items():
        if name in read.maps:
            text = f"there is a map `{name}` already; names of maps are shared by all files"
            read.problems.append(document.key_problem(("maps", name), text))
        read.maps[name] = table


def _sources(
    read: _Read, kinds: Kinds, *, connections: Mapping[str, str] | None
) -> tuple[Source, ...]:
    loader = SourceLoader(kinds, read.maps, connections=connections, problems=read.problems)
    found: dict[str, Source] = {}
    for document, place, one in read.sources:
        if one.id in found:
            text = f"there is a source `{one.id}` already; give this one another id"
            read.problems.append(document.problem((*place, "id"), text))
        source = loader.source(document, place, one)
        found |= {one.id: source} if source else {}
    return tuple(found.values())


def _people(read: _Read, *, systems: frozenset[str] | None) -> People:
    for document, one in read.people:
        read.problems.extend(mistakes(document, one.people, places=systems))
    for document, _ in read.people[1:]:
        text = f"there is {read.people[0][0].file} already; all people are in one file"
        read.problems.append(document.problem((), text))
    return people([person for _, one in read.people for person in one.people])


def _systems(
    connections: Mapping[str, str] | None, actions: Mapping[str, type[Action[Any]]]
) -> frozenset[str] | None:
    """Where people may have accounts: every connection, and every system Bridge can talk to."""
    if connections is None:
        return None
    known = {kind.partition(".")[0] for kind in actions}
    return frozenset({*connections, *connections.values(), *known})


def _rules(read: _Read, loader: RuleLoader) -> tuple[Rule, ...]:
    found: list[Rule] = []
    names: set[str] = set()
    for document, place, one in read.rules:
        if one.id in names:
            text = f"there is a rule `{one.id}` already; give this one another id"
            read.problems.append(document.problem((*place, "id"), text))
        names.add(one.id)
        rule = loader.rule(document, place, one)
        found += [rule] if rule else []
    return tuple(found)
