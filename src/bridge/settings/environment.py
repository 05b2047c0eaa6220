"""Settings of one process, each a variable of the environment."""

import os
import re
import socket
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bridge.errors import SettingError, Unconfigured
from bridge.secret import SecretRef
from bridge.settings.wording import no_such, said

PREFIX = "BRIDGE_"
OF_THE_COMMANDS = frozenset({"BRIDGE_URL", "BRIDGE_KEY"})  # where and as whom they call the API
# Kubernetes sets these for a Service named `bridge`; nobody meant them as settings.
_SERVICE_LINK = re.compile(r"BRIDGE_(SERVICE_(HOST|PORT).*|PORT_\d+_.*)")


class LogFormat(StrEnum):
    """`auto`: console on a terminal, JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _database_url(value: Any) -> str:
    """A URL, or `file:PATH` or `env:NAME` where it is kept, because it may hold a password."""
    text = str(value)
    if text.startswith(("file:", "env:")):
        try:
            text = SecretRef(text).reveal()
        except Unconfigured as error:
            raise ValueError(str(error)) from error
    try:
        kind = make_url(text).get_backend_name()
    except ArgumentError:
        kind = ""
    if kind not in {"sqlite", "postgresql"}:
        raise ValueError(
            "use sqlite:///PATH, postgresql://USER:PASSWORD@HOST/NAME, or file:PATH of a file"
            " that holds such a URL"
        )
    return text


def _listen_url(value: Any) -> str:
    """`off`, or a URL as for the database."""
    text = str(value)
    if text.lower() == "off":
        return "off"
    url = _database_url(text)
    if make_url(url).get_backend_name() != "postgresql":
        raise ValueError("use postgresql://USER:PASSWORD@HOST/NAME, file:PATH, env:NAME or off")
    return url


def _origin(value: Any) -> str:
    text = str(value).rstrip("/")
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.query):
        raise ValueError("use the URL under which people reach Bridge, https://bridge.example.com")
    return text


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class Settings(BaseModel):
    """Settings of one process, `BRIDGE_` and the name in capitals.

    database_url         sqlite:///PATH, postgresql://…, or file:PATH where the URL is kept
    listen_url           the PostgreSQL server itself, where database_url is a pooler's; `off`: only poll
    host, port           where HTTP is served
    config               the file of connections, alarms and retention
    mappings             the folder of sources, rules and people
    workers              threads that deliver
    grace                seconds that a stop leaves to requests and calls under way
    public_url           how people reach us: links in cards and alarms start with it
    max_in_flight_bytes  webhook bodies held in memory at once; above it the answer is 503
    node                 this process among its like, in leases and attempts
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: Annotated[str, BeforeValidator(_database_url)] = Field(
        default="sqlite:///var/bridge.db", repr=False
    )
    listen_url: Annotated[str, BeforeValidator(_listen_url)] = Field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65_535)
    config: Path = Path("bridge.yaml")
    mappings: Path = Path("mappings")
    workers: int = Field(default=8, ge=1, le=128)
    grace: int = Field(default=30, ge=1, le=600)
    public_url: Annotated[str, BeforeValidator(_origin)] = ""
    log_format: Annotated[LogFormat, BeforeValidator(_lower)] = LogFormat.AUTO
    log_level: Annotated[LogLevel, BeforeValidator(_lower)] = LogLevel.INFO
    max_in_flight_bytes: int = Field(default=64_000_000, ge=1_000_000)
    node: str = Field(
        default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}", pattern=r"^\S{1,100}$"
    )

    def listening(self) -> str:
        """Where this process listens, as psycopg reads it, or `off`."""
        url = self.listen_url or self.database_url
        if url == "off":
            return url
        return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Settings out of the environment; empty is not set. Raises SettingError for all faults."""
        given = {field: environment.get(variable(field), "") for field in cls.model_fields}
        try:
            return cls.model_validate({field: text for field, text in given.items() if text})
        except ValidationError as error:
            raise SettingError("\n".join(_problem(one) for one in error.errors())) from None


def variable(field: str) -> str:
    """The variable that sets a field."""
    return f"{PREFIX}{field.upper()}"


def unknown(environment: Mapping[str, str], *, allowed: Iterable[str]) -> list[str]:
    """A line for each `BRIDGE_*` variable that means nothing, with the one that may be meant.

    `allowed` are names that a setting refers to (`env:BRIDGE_JIRA_SECRET`).
    """
    known = [variable(field) for field in Settings.model_fields]
    strange = {name for name in environment if name.upper().startswith(PREFIX)}
    strange -= {*known, *allowed, *OF_THE_COMMANDS}
    return [_unknown(name, known) for name in sorted(strange) if not _SERVICE_LINK.fullmatch(name)]


def _unknown(name: str, known: list[str]) -> str:
    return f"{name}: {no_such(name.upper(), known)}"


def _problem(error: Any) -> str:
    name = variable(str(error["loc"][0]))
    if str(error["input"]).startswith("tcp://"):
        return (
            f"{name}: set by Kubernetes for a Service of this name;"
            " put enableServiceLinks: false into the pod, or rename the Service"
        )
    return f"{name}: {said(error)}"
