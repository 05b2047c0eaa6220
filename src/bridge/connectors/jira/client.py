"""What we ask of a Jira site, in our words; `connect` gives the real one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from bridge.clock import SystemClock
from bridge.connectors.jira.desk import Desk
from bridge.connectors.jira.form import Form
from bridge.connectors.jira.library import Library
from bridge.connectors.jira.rest import Rest
from bridge.connectors.jira.settings import JiraSettings
from bridge.connectors.jira.shelf import Shelf
from bridge.connectors.jira.site import Site
from bridge.errors import DeliveryError
from bridge.http import Http

Json = Mapping[str, Any]


class JiraClient(Protocol):
    """One site. An `issue` is given by id or key. Calls raise `DeliveryError`s.

    Issues come as REST shows them: `{"id", "key", "fields": {…}}`.
    """

    @property
    def connection(self) -> str: ...
    @property
    def settings(self) -> JiraSettings: ...
    @property
    def shelf(self) -> Shelf: ...
    @property
    def desk(self) -> Desk:
        """Of the site's webhooks."""
        ...

    def create_issue(self, fields: Json, properties: Sequence[Json]) -> Json:
        """`{"id", "key"}` of the new issue. Raises FieldRefusal for a field Jira does not take."""
        ...

    def create_issues(self, issues: Sequence[Json]) -> Sequence[Json | DeliveryError]:
        """Up to 50 in one call, each `{"fields", "properties"}`: the same for each, or its error."""
        ...

    def edit_issue(self, issue: str, fields: Json) -> None:
        """Set fields. Raises FieldRefusal."""
        ...

    def issue(self, issue: str, fields: Sequence[str]) -> Json: ...

    def issues(self, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Json]:
        """By ids or keys; those that are gone or may not be seen are left out."""
        ...

    def changelog(self, issue: str) -> Iterator[Json]:
        """What was changed, as REST shows it: `{"id", "author", "created", "items"}`, in any order."""
        ...

    def search(self, jql: str, fields: Sequence[str]) -> Iterator[Json]:
        """Lazily, page by page. The index lags behind writes."""
        ...

    def transitions(self, issue: str) -> Sequence[Json]:
        """What the issue's workflow offers now, each with its `to` status and its `fields`."""
        ...

    def transition(self, issue: str, transition: str, *, fields: Json) -> None: ...

    def add_comment(self, issue: str, body: str, *, properties: Sequence[Json]) -> Json: ...

    def edit_comment(self, issue: str, comment: str, body: str) -> None: ...

    def delete_comment(self, issue: str, comment: str) -> None: ...

    def comments(self, issue: str) -> Iterator[Json]:
        """Newest first, with their properties."""
        ...

    def comment(self, issue: str, comment: str) -> Json | None:
        """One of them; `None`: it is gone, or may not be seen."""
        ...

    def link_remote(self, issue: str, link: Json) -> Json:
        """Insert or replace the remote link with this `globalId`."""
        ...

    def create_form(self, project: str, issue_type: str) -> Form: ...

    def edit_form(self, issue: str) -> Form: ...

    def field_list(self) -> Form:
        """Every field of the site."""
        ...

    def listed(self, kind: str) -> Sequence[Json]:
        """Every `priority`, `resolution` or `status` of the site, as REST lists them."""
        ...

    def forget_forms(self) -> None:
        """Metadata has changed under us: read it anew."""
        ...

    def person(self, said: str) -> Mapping[str, str] | None:
        """The account that an id, an e-mail address or a name means exactly."""
        ...

    def user(self, account: str) -> Json | None:
        """The user object of an account id, on Data Center of a user name; `None`: nobody."""
        ...

    def users(self, said: str) -> Sequence[Json]:
        """Whose name or address begins so, as far as these are shown."""
        ...

    def server(self) -> Json: ...
    def myself(self) -> Json: ...

    def permissions(self, project: str | None, names: Sequence[str]) -> Mapping[str, bool]:
        """Which of these we have, there or anywhere."""
        ...


def connect(name: str, settings: JiraSettings, http: Http) -> JiraClient:
    """The client of one connection. Makes no call."""
    clock = SystemClock()
    return Site(
        name,
        settings,
        rest=Rest(settings, http, clock),
        library=Library(settings, http, clock),
        clock=clock,
    )
