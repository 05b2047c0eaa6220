"""What the site holds: issues with all that hangs on them, and how to find them."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.clock import Clock
from bridge.connectors.jira.simulator import catalogue
from bridge.connectors.jira.simulator.account import PEOPLE, Account, integration
from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.refusal import no_issue
from bridge.connectors.simulation.scale import Pace


@dataclass(kw_only=True)
class Comment:
    id: int
    author: Account
    editor: Account
    body: str  # wiki markup
    created: datetime
    updated: datetime
    properties: dict[str, Any] = field(default_factory=dict)
    visibility: dict[str, Any] | None = None

    @property
    def internal(self) -> bool:
        """A service-management note that the customer must not see."""
        mark = self.properties.get("sd.public.comment")
        return isinstance(mark, dict) and mark.get("internal") is True


@dataclass(frozen=True, kw_only=True)
class Attachment:
    id: int
    author: Account
    name: str
    type: str
    content: bytes
    created: datetime


@dataclass(kw_only=True)
class Worklog:
    id: int
    author: Account
    comment: str
    started: datetime
    seconds: int


@dataclass(kw_only=True)
class Issue:
    """`values` holds each field by id in the simulator's own form: ids for listed values, account
    ids for people, datetimes for moments. A missing field is an empty one.
    """

    id: int
    key: str
    values: dict[str, Any] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    worklogs: dict[int, Worklog] = field(default_factory=dict)
    attachments: dict[int, Attachment] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    remote_links: dict[int, dict[str, Any]] = field(default_factory=dict)
    histories: list[dict[str, Any]] = field(default_factory=list)

    @property
    def project(self) -> str:
        return str(self.values["project"])


@dataclass(frozen=True, kw_only=True)
class IssueLink:
    id: int
    type: tuple[str, str, str, str]  # id, name, outward, inward
    source: int
    destination: int


class State:
    """Everything, behind one lock that every public act takes."""

    def __init__(
        self, clock: Clock, pace: Pace, *, flavour: Flavour, site: str, email: str
    ) -> None:
        self.clock = clock
        self.pace = pace
        self.flavour = flavour
        self.site = site
        self.lock = threading.RLock()
        self.bot = integration(email)
        self.accounts = {account.id: account for account in (self.bot, *PEOPLE)}
        self.projects = catalogue.projects()
        self.versions = catalogue.versions()
        self.sprints = catalogue.sprints()
        self.issues: dict[int, Issue] = {}
        self.links: dict[int, IssueLink] = {}
        self.led: list[bool] = []  # calls of the media store: whether credentials came along
        self.hidden: set[str] = set()  # keys of projects our account may not browse
        self.denied: set[str] = set()  # permissions our account lacks
        self.made_with_label: Counter[str] = Counter()
        self.written: list[Callable[[Issue], None]] = []  # told of each write: the search index
        self._by_key: dict[str, int] = {}
        self._ids: Counter[str] = Counter()

    def new_id(self, kind: str, *, start: int = 10_000) -> int:
        """The next id of a kind; ids are never used again."""
        self._ids[kind] += 1
        return start + self._ids[kind]

    def new_key(self, project: str) -> str:
        self.projects[project].issues += 1
        return f"{project}-{self.projects[project].issues}"

    def keep(self, issue: Issue) -> None:
        """Put an issue in, under its key of now; its former keys go on finding it."""
        self.issues[issue.id] = issue
        self._by_key[issue.key] = issue.id

    def forget(self, issue: Issue) -> None:
        del self.issues[issue.id]
        for number, link in tuple(self.links.items()):
            if issue.id in {link.source, link.destination}:
                del self.links[number]
        for child in self.issues.values():
            if child.values.get("parent") == issue.id:
                child.values["parent"] = None

    def issue(self, id_or_key: str) -> Issue:
        """By id, key or former key, whoever asks. Raises Refused 404."""
        wanted = str(id_or_key)
        number = int(wanted) if wanted.isdecimal() else self._by_key.get(wanted.upper())
        found = self.issues.get(number) if number is not None else None
        if found is None:
            raise no_issue()
        return found

    def seen(self, id_or_key: str) -> Issue:
        """The same for our own account, which may not browse every project."""
        found = self.issue(id_or_key)
        if found.project in self.hidden:
            raise no_issue()
        return found

    def account(self, name: str) -> Account:
        """By user name, account id or display name. Raises LookupError."""
        for account in self.accounts.values():
            if name in {account.id, account.name, account.display}:
                return account
        raise LookupError(f"nobody is called {name!r}")

    def now(self) -> datetime:
        """Jira keeps milliseconds."""
        moment = self.clock.now()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def touch(self, issue: Issue) -> None:
        """A write happened: the issue is younger, and search will learn of it."""
        issue.values["updated"] = max(self.now(), issue.values.get("updated") or self.now())
        self.announce(issue)

    def announce(self, issue: Issue) -> None:
        for told in self.written:
            told(issue)

    def links_of(self, issue: Issue) -> Iterator[IssueLink]:
        return (link for link in self.links.values() if issue.id in {link.source, link.destination})
