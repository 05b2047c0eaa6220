"""What an operator sets for one Jira site in `bridge.yaml`."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bridge.canonical.duration import Duration
from bridge.connectors.contract import ConnectionSettings
from bridge.connectors.limits import CALLS
from bridge.secret import SecretRef

# Where Cloud keeps the bytes of attachments: `attachment/content/ID` leads there (no page of Atlassian's
# names the host; public clients that follow it do). Our token never goes along.
MEDIA = "api.media.atlassian.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
RETRY_WINDOW_MINUTES = 75  # Atlassian, webhooks guide: 5 retries, each up to 15 minutes apart
ProjectKey = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class Flavour(StrEnum):
    """Which Jira: they differ in search, in users and in how one signs in."""

    CLOUD = "cloud"
    DATACENTER = "datacenter"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Basic(_Part):
    """Basic auth of a Data Center webhook, where no secret can be set."""

    user: str = Field(min_length=1)
    password: SecretRef


class Registered(_Part):
    """A webhook that Jira is to have: `bridge connections webhooks` compares, and repairs.

    dynamic  one of an app on Cloud, which ends after 30 days and is renewed; needs `oauth`
    """

    name: str = Field(min_length=1, max_length=100)
    url: str
    events: tuple[str, ...] = Field(min_length=1)
    jql: str = ""
    dynamic: bool = False

    @field_validator("url")
    @classmethod
    def _is_ours(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("Jira sends to https alone; write https://HOST/webhooks/CONNECTION")
        if not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("not the address of a webhook; write https://HOST/webhooks/CONNECTION")
        return value

    @model_validator(mode="after")
    def _app_has_a_filter(self) -> Self:
        if self.dynamic and not self.jql:
            raise ValueError("a dynamic webhook must have jql; Jira refuses one without")
        return self


class Webhook(_Part):
    """The way in. Several secrets are valid at once, so that one can be changed without a gap.

    secrets             HMAC keys of webhooks
    automation_header   header in which an Automation rule's "Send web request" brings its secret
    automation_secrets  what that header may hold; `secrets` where none is given
    basic               accepted besides a signature
    max_age             refuse what is older than this by its own timestamp (off by default: a
                        message that Jira sends again after an outage is old, and would be lost)
    registered          the webhooks that Jira is to have, with the first of `secrets`
    """

    secrets: tuple[SecretRef, ...] = ()
    automation_header: str = Field(default="x-bridge-secret", pattern=r"^[A-Za-z][A-Za-z0-9-]*$")
    automation_secrets: tuple[SecretRef, ...] = ()
    basic: Basic | None = None
    max_age: Duration | None = None
    registered: tuple[Registered, ...] = ()

    @field_validator("max_age")
    @classmethod
    def _outlives_retries(cls, value: Duration | None) -> Duration | None:
        if value is not None and value.total_seconds() < RETRY_WINDOW_MINUTES * 60:
            raise ValueError(
                f"Jira sends an event again for up to {RETRY_WINDOW_MINUTES} minutes, so a shorter"
                " max_age loses events; write 2h or more, or leave it out"
            )
        return value


class JiraSettings(ConnectionSettings):
    """One Jira site.

    url         the site as people open it, https://NAME.atlassian.net
    api_url     where calls go if not there: a token with scopes is valid only at
                https://api.atlassian.com/ex/jira/CLOUD_ID
    email       the account of the API token (Cloud)
    token       API token (Cloud) or personal access token (Data Center)
    oauth       the token is an access token of an OAuth app on Cloud, which somebody else keeps
                fresh: `file:PATH` is read for each call
    account_id  our integration account (its user name on Data Center): its own changes are ours
    project     where `jira.create_issue` creates when a mapping names no project
    projects    whose permissions `bridge doctor` checks, besides `project`
    """

    limit_names: ClassVar[tuple[str, ...]] = (CALLS, "get", "post", "put", "delete", "issue")

    system: Literal["jira"]
    url: str
    api_url: str | None = None
    flavour: Flavour = Flavour.CLOUD
    email: str | None = None
    token: SecretRef
    oauth: bool = False
    webhook: Webhook = Webhook()
    account_id: str | None = Field(default=None, min_length=1)
    project: ProjectKey | None = None
    projects: tuple[ProjectKey, ...] = ()

    @field_validator("url", "api_url")
    @classmethod
    def _is_a_site(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("only https leaves this machine; write https://NAME.atlassian.net")
        if not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("not the address of a Jira site; write https://NAME.atlassian.net")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        if self.flavour is Flavour.CLOUD and not self.email and not self.oauth:
            raise ValueError(
                "email is missing: Jira Cloud wants the e-mail address of the token's account;"
                " for Data Center set flavour: datacenter"
            )
        return self

    @model_validator(mode="after")
    def _is_an_app(self) -> Self:
        app = self.oauth and self.flavour is Flavour.CLOUD
        if any(one.dynamic for one in self.webhook.registered) and not app:
            raise ValueError(
                "dynamic webhooks are for OAuth apps on Cloud (oauth: true); with an API token or on"
                " Data Center leave dynamic out"
            )
        return self

    @property
    def base(self) -> str:
        """Where REST calls go."""
        return self.api_url or self.url

    def browse(self, key: str) -> str:
        """Where people open an issue."""
        return f"{self.url}/browse/{key}"


def hosts(settings: JiraSettings) -> tuple[str, ...]:
    """The outbound hosts of this site."""
    urls = (settings.url, settings.api_url or settings.url)
    found = {urlsplit(url).hostname or "" for url in urls}
    media = {MEDIA} if settings.flavour is Flavour.CLOUD and any(map(_atlassian, found)) else set()
    return tuple(sorted(found | media))


def _atlassian(host: str) -> bool:
    return host.endswith((".atlassian.net", ".atlassian.com"))
