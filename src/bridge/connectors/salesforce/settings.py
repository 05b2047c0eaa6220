"""What an operator sets for one Salesforce org in `bridge.yaml`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bridge.canonical.duration import Duration
from bridge.connectors.contract import ConnectionSettings
from bridge.connectors.limits import CALLS
from bridge.connectors.salesforce.ids import full_id, is_id
from bridge.secret import SecretRef

OLDEST_VERSION = 46.0  # upsert of collections (REST guide, sObject Collections)
LOGIN_HOSTS = frozenset({"login.salesforce.com", "test.salesforce.com"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MY_DOMAIN = ".my.salesforce.com"
LIGHTNING = ".lightning.force.com"
API_NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
ApiName = Annotated[str, Field(pattern=API_NAME)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClientCredentials(_Part):
    """OAuth client credentials of an External Client App with a Run-As user (recommended)."""

    flow: Literal["client_credentials"]
    client_id: str = Field(min_length=1)
    client_secret: SecretRef


class JwtBearer(_Part):
    """OAuth JWT bearer: a certificate instead of a client secret.

    `audience` is https://login.salesforce.com, or https://test.salesforce.com for a sandbox; left
    out, the URL of the connection tells which.
    """

    flow: Literal["jwt_bearer"]
    client_id: str = Field(min_length=1)
    username: str = Field(min_length=1)
    private_key: SecretRef
    audience: str | None = None


class Webhook(_Part):
    """The way in. Each kind of secret may be given twice while it is changed.

    path_secrets     the last segment of the Outbound Message's endpoint URL
    callout_secrets  HMAC keys of JSON callouts
    tolerance        how far a callout's timestamp may be off, either way
    """

    path_secrets: tuple[SecretRef, ...] = ()
    callout_secrets: tuple[SecretRef, ...] = ()
    tolerance: Duration = timedelta(minutes=5)


class SalesforceSettings(ConnectionSettings):
    """One Salesforce org.

    url              its My Domain, https://NAME.my.salesforce.com
    organization_id  Setup > Company Information; needed for Outbound Messages
    user_id          our integration user, Bridge's alone: changes it made are shown as made by an
                     app, and are no news to a write that would repeat the last one
    client_name      sent with each call, so that change events name us as their origin
    modstamp_field   orders facts of one record
    write_key_field  an external id, unique, on each object that `create_record` makes
    key_fields       the field that people call a record by, per object; `Name` where none is given
    objects          what `bridge doctor` checks: object -> fields that must be visible
    """

    limit_names: ClassVar[tuple[str, ...]] = (CALLS, "daily", "daily-per-app")

    system: Literal["salesforce"]
    url: str
    api_version: str = Field(default="67.0", pattern=r"^[0-9]{2,3}\.0$")
    organization_id: str | None = None
    user_id: str | None = None
    auth: Annotated[ClientCredentials | JwtBearer, Field(discriminator="flow")]
    webhook: Webhook = Webhook()
    client_name: str = Field(default="bridge", pattern=r"^[A-Za-z0-9._-]{1,40}$")
    modstamp_field: ApiName = "SystemModstamp"
    write_key_field: ApiName = "Bridge_Key__c"
    key_fields: Mapping[ApiName, ApiName] = {"Case": "CaseNumber"}
    objects: Mapping[ApiName, tuple[ApiName, ...]] = {"Case": ()}

    @property
    def host(self) -> str:
        return (urlsplit(self.url).hostname or "").lower()

    def record_url(self, name: str, record_id: str) -> str:
        """Where a person opens a record in Lightning."""
        origin = self.url
        if self.host.endswith(MY_DOMAIN):
            origin = f"https://{self.host.removesuffix(MY_DOMAIN)}{LIGHTNING}"
        return f"{origin}/lightning/r/{name}/{record_id}/view"

    @field_validator("url")
    @classmethod
    def _origin(cls, url: str) -> str:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if host in LOGIN_HOSTS:
            raise ValueError(
                f"{host} serves logins only and refuses client credentials;"
                " give the org's My Domain: https://NAME.my.salesforce.com"
            )
        if not host or parts.path.strip("/") or parts.query or parts.fragment or "@" in url:
            raise ValueError("url is an origin without a path: https://NAME.my.salesforce.com")
        if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
            raise ValueError("url must start with https:// (http only for this machine itself)")
        return url.rstrip("/")

    @field_validator("api_version")
    @classmethod
    def _supported(cls, version: str) -> str:
        if float(version) < OLDEST_VERSION:
            raise ValueError(
                f"api_version {version} is too old for bulk calls, or retired; use 67.0"
            )
        return version

    @field_validator("organization_id", "user_id")
    @classmethod
    def _id(cls, value: str | None) -> str | None:
        if value is not None and not is_id(value):
            raise ValueError("a Salesforce id is 15 or 18 letters and digits")
        return full_id(value) if value else value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.host.endswith(MY_DOMAIN) and self.host not in LOOPBACK | set(self.allow_hosts):
            raise ValueError(
                f"url: {self.host} is no My Domain (https://NAME{MY_DOMAIN});"
                " if it is yours all the same, name it in allow_hosts"
            )
        if self.webhook.path_secrets and self.organization_id is None:
            raise ValueError(
                "organization_id is needed with webhook.path_secrets: an Outbound Message is"
                " believed only if it names our org (Setup > Company Information)"
            )
        return self
