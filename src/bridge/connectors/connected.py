"""A connection at work: its name, its connector, its settings, and a client when it is needed."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import httpx

from bridge.connectors.contract import ConnectionSettings, Connector
from bridge.connectors.limits import Limit
from bridge.http import Http, Meter


@dataclass(kw_only=True)
class Connected:
    """One configured account at a system. The client is built at first use and then kept."""

    name: str
    connector: Connector[Any, Any]
    settings: ConnectionSettings
    transport: httpx.BaseTransport | None = None
    meter: Meter | None = None  # None: nobody counts
    _client: Any = None
    _opened: Http | None = None
    _building: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def system(self) -> str:
        return self.connector.name

    @cached_property
    def limits(self) -> Mapping[str, Limit]:
        """By name: as `bridge.yaml` says, else as the vendor documents them."""
        known = self.connector.limits
        found = {one.name: one for one in (known.of(self.settings) if known else ())}
        for name, windows in self.settings.limits.items():
            found[name] = replace(found.get(name, Limit(name=name)), windows=windows)
        return found

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """What rules may name: the keys of each setting that holds things by name (`channels`)."""
        held = {name: getattr(self.settings, name) for name in type(self.settings).model_fields}
        return {name: tuple(one) for name, one in held.items() if isinstance(one, Mapping)}

    @property
    def client(self) -> Any:
        with self._building:
            if self._client is None:
                self._opened = self._http()
                self._client = self.connector.connect(self.name, self.settings, self._opened)
            return self._client

    def take(self, settings: ConnectionSettings) -> None:
        """Go by these settings from now on. Only what is `live` may differ; calls under way go on."""
        with self._building:
            self.settings = settings
            if self._opened is not None:
                self._opened.allow(self._hosts())
                self.connector.renew(self._client, settings)

    def close(self) -> None:
        """Hang up. A client that is used again afterwards is a new one."""
        with self._building:
            if self._opened is not None:
                self._opened.close()
            self._client = self._opened = None

    def _hosts(self) -> frozenset[str]:
        return frozenset({*self.connector.hosts(self.settings), *self.settings.allow_hosts})

    def _http(self) -> Http:
        return Http(
            self.name,
            allow_hosts=self._hosts(),
            concurrency=self.settings.concurrency,
            deadline=self.settings.deadline,
            secret_path=self.connector.secret_path,
            transport=self.transport,
            meter=self.meter,
        )


Connections = Mapping[str, Connected]
