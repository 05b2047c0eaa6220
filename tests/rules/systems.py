"""Systems that know what a test says they know."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.connectors.connected import Connected
from bridge.connectors.contract import ConnectionSettings, Connector
from bridge.connectors.vocabulary import (
    Holds,
    Missing,
    Said,
    Screen,
    Told,
    Unknown,
    Vocabulary,
    or_nearest,
)
from bridge.errors import TransientError
from bridge.rules.live import Live


class Look(Live):
    """A look whose findings are told as lines, each with whose it is."""

    def said(self) -> list[tuple[str, str]]:
        return [(one.about, str(one.problem)) for one in self.findings()]


@dataclass
class System:
    """Fields with their words by object and path, what sort of value some hold, the words that arguments
    of steps take, those that nobody may write, and what can be edited on a record, if it says."""

    fields: dict[str, Sequence[str]] = field(default_factory=dict)
    takes: dict[tuple[str, ...], Sequence[str]] = field(default_factory=dict)
    holds: dict[str, Holds] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    screen: Screen | None = None
    away: bool = False


def field_of(system: System, object_: str, path: str) -> Told:
    if system.away:
        raise TransientError("it does not answer")
    if path not in system.fields:
        raise Missing(f"{object_} has no field `{path}`{or_nearest(path, system.fields)}")
    return Told(words=tuple(system.fields[path]), holds=system.holds.get(path))


def step_of(system: System, action: str, said: Said) -> Iterator[Unknown]:
    if system.away:
        raise TransientError("it does not answer")
    for place, words in said.items():
        if place[-1] in system.locked:
            yield Unknown(place=place, text=f"`{place[-1]}` cannot be written")
        for word in sorted(map(str, words)):
            known = system.takes.get(place, [word])
            if word not in known:
                text = f'`{place[-1]}` has no value "{word}"{or_nearest(word, known)}'
                yield Unknown(place=place, text=text, word=word)


def linked(systems: Mapping[str, System]) -> dict[str, Connected]:
    """Connections to them, each named as its system."""
    return {name: _connected(name, system) for name, system in systems.items()}


def _connected(name: str, system: System) -> Connected:
    connector = Connector[Any, Any](
        name=name,
        settings=ConnectionSettings,
        connect=lambda _name, _settings, _http: system,
        hosts=lambda _: (),
        inbound=None,
        actions=(),
        check=lambda _: (),
        vocabulary=Vocabulary[System](
            field=field_of, step=step_of, screen=lambda system, _: system.screen
        ),
    )
    return Connected(name=name, connector=connector, settings=ConnectionSettings(system=name))
