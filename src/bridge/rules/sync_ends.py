"""The two ends of one sync as its file names them, and what stands under the names of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.connectors.action import Action
from bridge.rules.agree import End
from bridge.rules.compiler import Compiler, site
from bridge.rules.document import Document, Path
from bridge.rules.guard import Guard
from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.sources import Source
from bridge.rules.sync import Stop
from bridge.rules.world import Worlds


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What syncs are checked against; problems are collected."""

    worlds: Worlds
    actions: Mapping[str, type[Action[Any]]]
    connections: Mapping[str, str] | None
    sources: Sequence[Source]
    problems: list[Problem]

    def system(self, source: Source) -> str:
        """Of a source's connection; empty where it is not known."""
        one = source.connection
        return one if self.connections is None else self.connections.get(one, "")


class Ends:
    """The first source is the left end."""

    def __init__(self, ground: Ground, document: Document, left: Source, right: Source) -> None:
        self.ground = ground
        self.document = document
        self.sources = {End.LEFT: left, End.RIGHT: right}
        self.names = {left.connection: End.LEFT, right.connection: End.RIGHT}

    def by_connection(self, place: Path, said: Mapping[str, Any]) -> dict[str, Any]:
        """What is said of the two connections; a third is a mistake."""
        for name in said:
            if name not in self.names:
                text = f"`{name}` is neither of the two connections{did_you_mean(name, self.names)}"
                self.key_problem((*place, name), text)
        return {name: value for name, value in said.items() if name in self.names}

    def stops(self, place: Path, said: Mapping[str, str]) -> dict[End, Stop]:
        found: dict[End, Stop] = {}
        for name, text in self.by_connection(place, said).items():
            stop = self._stop((*place, name), text, self.sources[self.names[name]].kind)
            found |= {self.names[name]: stop} if stop else {}
        return found

    def _stop(self, place: Path, text: str, kind: str) -> Stop | None:
        worlds, before = self.ground.worlds, len(self.ground.problems)
        world = worlds.alone(kind)
        guard = Guard(worlds.schema, world.variables)
        compiler = Compiler(world=world, guard=guard, problems=self.ground.problems)
        condition = compiler.condition(site(self.document, *place), text)
        if condition is None or len(self.ground.problems) > before:
            return None
        return Stop(
            condition=condition,
            kind=kind,
            scope=world.scope,
            schema=worlds.schema,
            message=world.variables[kind],
        )

    def problem(self, place: Path, text: str) -> None:
        self.ground.problems.append(self.document.problem(place, text))

    def key_problem(self, place: Path, text: str) -> None:
        self.ground.problems.append(self.document.key_problem(place, text))
