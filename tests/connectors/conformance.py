"""What the shared suite asks of a connector: a stand to put it on, and a line that can be disturbed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from typing_extensions import override

from bridge.connectors.action import Action
from bridge.connectors.contract import ConnectionSettings, Connector, Message
from bridge.http import Http
from clocks import FakeClock

Answer = httpx.Response | httpx.TransportError
Writes = Callable[[httpx.Request], bool]


@dataclass(frozen=True, kw_only=True)
class World:
    """A simulated system: settings that reach it, and actions that it takes now."""

    settings: ConnectionSettings
    actions: Sequence[Action[Any]] = ()


@dataclass(frozen=True, kw_only=True)
class Stand:
    """One connector under test.

    secrets   environment of its settings
    settings  a connection with a way in
    messages  what its sender sends, signed
    serve     a world, for as long as the block runs
    writes    which requests change something, besides signing in
    """

    connector: Connector[Any, Any]
    secrets: Mapping[str, str]
    settings: Callable[[], ConnectionSettings]
    messages: Callable[[], Sequence[Message]]
    serve: Callable[[FakeClock], AbstractContextManager[World]]
    writes: Writes = field(default=lambda _: False)

    @property
    def name(self) -> str:
        return self.connector.name


class Line(httpx.BaseTransport):
    """The way to a system. `cut` decides what every write meets instead of its answer."""

    def __init__(self, writes: Writes) -> None:
        self.cut: Callable[[], Answer] | None = None
        self._writes = writes
        self._through = httpx.HTTPTransport()

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.cut is None or not self._writes(request):
            return self._through.handle_request(request)
        answer = self.cut()
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer

    @override
    def close(self) -> None:
        self._through.close()


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A client of a world, over a line that can be disturbed."""

    stand: Stand
    world: World
    line: Line
    client: Any


@contextmanager
def client_of(stand: Stand, world: World, line: Line) -> Iterator[Any]:
    hosts = {*stand.connector.hosts(world.settings), *world.settings.allow_hosts}
    http = Http(
        stand.name,
        allow_hosts=frozenset(hosts),
        secret_path=stand.connector.secret_path,
        transport=line,
    )
    yield stand.connector.connect(stand.name, world.settings, http)
    http.close()
