"""What an operator writes in `bridge.yaml`: connections, alarms, calendars and how long things are kept."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic import model_validator as checked

from bridge.calendars import CalendarName, CalendarSettings
from bridge.canonical.caps import NONE, Caps
from bridge.canonical.duration import Duration
from bridge.secret import SecretRef

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("a connection's name is lower-case letters, digits and -, a letter first")
    return value


def _url(value: Any) -> SecretRef | str:
    """A URL that may be seen by all, or where a secret one is kept."""
    if isinstance(value, SecretRef):
        return value
    text = str(value)
    if text.startswith(("env:", "file:")):
        return SecretRef(text)
    parts = urlsplit(text)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("use https://…, or env:NAME or file:PATH where the URL is kept")
    if parts.query or "@" in parts.netloc:
        raise ValueError(
            "a URL with a query or a user in it is a secret: use env:NAME or file:PATH"
        )
    return text


Name = Annotated[str, AfterValidator(_name)]
Url = Annotated[SecretRef | str, BeforeValidator(_url)]
Mail = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
USUAL = Caps(writes_per_hour=1_000, per_record=30, overwrites=NONE)
Days = Annotated[int, Field(ge=1, le=36_500)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TeamsAlarm(_Part):
    """A channel of a Teams connection."""

    connection: Name
    channel: str = Field(min_length=1)


class WebhookAlarm(_Part):
    """A URL that gets JSON, signed with the secret."""

    url: Url
    secret: SecretRef

    def address(self) -> str:
        """The URL itself. Raises Unconfigured when it is kept elsewhere and not there."""
        return revealed(self.url)


class Tls(StrEnum):
    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


class SmtpAlarm(_Part):
    """A mail server, and who is told."""

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65_535)
    sender: Mail = Field(alias="from")
    to: tuple[Mail, ...] = Field(min_length=1)
    user: str | None = None
    password: SecretRef | None = None
    tls: Tls = Tls.STARTTLS

    @checked(mode="after")
    def _whole(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.password and self.tls is Tls.NONE and self.host not in LOOPBACK:
            raise ValueError("a password needs tls: starttls or implicit")
        return self


class AlarmAddress(_Part):
    """One address of alarms: `teams`, `webhook` or `smtp`."""

    teams: TeamsAlarm | None = None
    webhook: WebhookAlarm | None = None
    smtp: SmtpAlarm | None = None

    @checked(mode="after")
    def _one(self) -> Self:
        if sum(way is not None for way in (self.teams, self.webhook, self.smtp)) != 1:
            raise ValueError("an alarm has one address: teams, webhook or smtp")
        return self

    @property
    def way(self) -> TeamsAlarm | WebhookAlarm | SmtpAlarm:
        """The one that is set."""
        found = self.teams or self.webhook or self.smtp
        assert found is not None
        return found


class Heartbeat(_Part):
    """A URL that is called while all is well, so that silence is noticed from outside."""

    url: Url
    every: Duration = Field(default="1m", validate_default=True)

    def address(self) -> str:
        """The URL itself. Raises Unconfigured when it is kept elsewhere and not there."""
        return revealed(self.url)


class Retention(_Part):
    """Days that each class of rows is kept; `seen` must outlive `events`."""

    bodies: Days = 30
    attempts: Days = 90
    events: Days = 400
    changes: Days = 2557
    audit: Days = 2557
    seen: Days = Field(default_factory=lambda known: known.get("events", 400) + 365)

    @checked(mode="after")
    def _known_longer(self) -> Self:
        if self.seen < self.events:
            raise ValueError("seen must not be less than events, or an old fact would count as new")
        return self


class Rules(_Part):
    """`follow`: a mappings folder that is changed while Bridge runs becomes active by itself.

    `settle`: for how long nothing may have moved in it before it is read.
    """

    follow: bool = False
    settle: Duration = Field(default="2s", validate_default=True)


class Decisions(_Part):
    """`secret`: what links are signed with by which somebody decides on a conflict."""

    secret: SecretRef


class Drift(_Part):
    """A comparison of linked records so often: of a `sample` of them, or of all.

    `least`: the share of links that must agree; below it is an alarm. `stamp`: how old the written-back
    `in_step_as_of` of a record that agrees must be before it is written anew.
    """

    every: Duration
    sample: Annotated[int, Field(ge=1, le=1_000_000)] | Literal["full"] = 200
    least: float = Field(default=0.99, ge=0, le=1)
    stamp: Duration = Field(default="24h", validate_default=True)

    @property
    def most(self) -> int | None:
        """How many links at most; `None`: all."""
        return None if self.sample == "full" else self.sample


class BridgeFile(_Part):
    """The whole file. Settings of a connection are judged by its connector (`connections`).

    The order of `alarms` counts: the first that is not itself what is broken is used.
    """

    connections: Mapping[Name, Mapping[str, Any]] = Field(default_factory=dict)
    alarms: tuple[AlarmAddress, ...] = ()
    heartbeat: Heartbeat | None = None
    retention: Retention = Retention()
    rules: Rules = Rules()
    caps: Caps = Caps()
    decisions: Decisions | None = None
    drift: Drift | None = None
    calendars: Mapping[CalendarName, CalendarSettings] = Field(default_factory=dict)

    @property
    def usual_caps(self) -> Caps:
        """Of a rule that says none: as the file says, or else as the house thinks."""
        return self.caps.over(USUAL)

    @checked(mode="after")
    def _alarms_have_a_connection(self) -> Self:
        used = {alarm.teams.connection for alarm in self.alarms if alarm.teams}
        missing = sorted(used - set(self.connections))
        if missing:
            raise ValueError(f"alarms: there is no connection {', '.join(missing)}")
        return self


def revealed(url: SecretRef | str) -> str:
    """The URL itself."""
    return url.reveal() if isinstance(url, SecretRef) else url
