"""People and the integration's own account, as Cloud and Data Center show them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bridge.connectors.jira.simulator.flavour import Flavour


@dataclass(frozen=True, kw_only=True)
class Account:
    """`id` is the accountId of Cloud, `name` the user name of Data Center."""

    id: str
    name: str
    display: str
    email: str
    kind: str = "atlassian"  # atlassian, app or customer
    zone: str = "Europe/Berlin"
    active: bool = True
    shows_email: bool = False  # to others by REST, as its owner chose; webhooks never have it

    def shown(self, site: str, flavour: Flavour, *, rest: bool = False) -> dict[str, Any]:
        """The user object. Cloud often hides the e-mail address, Data Center has no accountId."""
        common: dict[str, Any] = {
            "displayName": self.display,
            "active": self.active,
            "timeZone": self.zone,
        }
        avatars = {"avatarUrls": {"48x48": f"{site}/avatar/{quote(self.name)}.png"}}
        if flavour is Flavour.DATACENTER:
            own = {"name": self.name, "key": self.name, "emailAddress": self.email}
            return {
                "self": f"{site}/rest/api/2/user?username={self.name}",
                **own,
                **common,
                **avatars,
            }
        if rest and self.shows_email:
            common["emailAddress"] = self.email
        link = f"{site}/rest/api/2/user?accountId={quote(self.id, safe='')}"
        return {"self": link, "accountId": self.id, "accountType": self.kind, **common, **avatars}

    def key(self, flavour: Flavour) -> str:
        """What the change log and the REST paths call this user."""
        return self.name if flavour is Flavour.DATACENTER else self.id


PEOPLE = (
    Account(id="712020:1f0c", name="dana", display="Dana Reyes", email="dana@example.com"),
    Account(id="712020:9aa1", name="ivo", display="Ivo Brandt", email="ivo@example.com"),
    Account(id="712020:77d3", name="mei", display="Mei 陳", email="mei@example.com"),
    Account(
        id="712020:0b2e",
        name="gone",
        display="Left Longago",
        email="gone@example.com",
        active=False,
    ),
)


def integration(email: str) -> Account:
    """The account Bridge signs in as: a service account, which Cloud shows as an app."""
    return Account(id="557058:b41d9e", name="bridge", display="Bridge", email=email, kind="app")
