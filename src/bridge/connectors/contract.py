"""What a connector is: settings, a way in, a way out, and a check.

A message comes in and is *verified*, *translated* into snapshots in the vendor's own words, and a
source (a mapping) says what those mean. An action goes out through `run`, and after a lost answer
through `find`. Connectors know the protocol; mappings know the meaning.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bridge.canonical.event import Act, Actor, Origin
from bridge.canonical.ref import Ref
from bridge.canonical.text import cut, storable
from bridge.connectors.action import Action
from bridge.connectors.checking import CheckResult
from bridge.connectors.files import Files
from bridge.connectors.found import Hanging, Named, Touched
from bridge.connectors.history import Moved, Past
from bridge.connectors.limits import CALLS, Allowed, Limits
from bridge.connectors.mark import Mark
from bridge.connectors.registration import Registrar
from bridge.connectors.roster import Roster
from bridge.connectors.talk import Talk
from bridge.connectors.vocabulary import Vocabulary
from bridge.errors import Malformed
from bridge.http import Http

MAX_ADDRESS = 400  # characters of a ref: a key of an index


class Mode(StrEnum):
    """`observe`: deliveries are recorded as held and nothing is sent."""

    LIVE = "live"
    OBSERVE = "observe"


class ConnectionSettings(BaseModel):
    """What every connection in `bridge.yaml` may set; each connector adds its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    mode: Mode = Mode.LIVE
    concurrency: int = Field(default=8, ge=1, le=64)  # calls in flight at once, a process
    deadline: float = Field(default=30.0, gt=0, le=600)  # seconds for one whole call
    bulk: bool = True  # false: every action is a call of its own, for who cannot take several
    allow_hosts: tuple[str, ...] = ()  # further outbound hosts; a simulator's 127.0.0.1 goes here
    silent_after: float | None = Field(default=None, gt=0)  # hours without a message that alarm
    limits: Mapping[str, Allowed] = Field(default_factory=dict)  # by name; others are the vendor's
    reserve: float = Field(default=0.1, ge=0, le=0.9)  # of each quota, for what is urgent

    limit_names: ClassVar[tuple[str, ...]] = (CALLS,)

    @field_validator("limits")
    @classmethod
    def _known(cls, value: Mapping[str, Allowed]) -> Mapping[str, Allowed]:
        for name in value:
            if name not in cls.limit_names:
                there = ", ".join(sorted(cls.limit_names))
                raise ValueError(f"no limit {name!r} at this system; there are: {there}")
        return value


S = TypeVar("S", bound=ConnectionSettings)
C = TypeVar("C")


@dataclass(frozen=True, kw_only=True)
class Message:
    """One inbound HTTP body as it came, or one page of a search. Header names are lower-case."""

    connection: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    path_secret: str | None = None
    origin: Origin = Origin.WEBHOOK


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """What this sender must be told once its message is durable."""

    status: int = 202
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A vendor's object as one message or polled row showed it, in the vendor's words.

    `fields` is what a source's paths address (`status.name`, `customfield_10029`, `Account.Name`).
    A path that is not there is *unknown* unless `complete`; a null is *empty*.
    """

    object: str  # issue, comment, Case
    ref: Ref
    act: Act
    occurred_at: datetime
    fields: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""  # the fact's version; nothing for created and deleted
    stamp: datetime | None = None  # the vendor's modification time: orders facts of one record
    created_at: datetime | None = None
    moved: tuple[Moved, ...] = ()
    past: tuple[Past, ...] = ()  # the newest first
    actor: Actor | None = None
    own: bool = False  # the message proves that our account made the change
    ours: bool = False  # whatever was done last to the record, our account did it
    complete: bool = True
    origin: Origin | None = None  # None: as the message came
    unread: bool = False  # nothing but its id is known: it must be read
    read: frozenset[str] = frozenset()  # paths that were read by id: who wants no more need not
    mark: Mark | None = None
    into: Ref | None = None  # deleted, because it was merged into this one
    live: bool = False  # it was read by id just now, and no message had it
    on: str = ""  # the id of the record it hangs on, where it is read by both

    def __post_init__(self) -> None:
        """Raises Malformed for an address that no vendor gives and no database can look up."""
        address = str(self.ref)
        if len(address) > MAX_ADDRESS or storable(address) != address:
            raise Malformed(
                f"the id of a {cut(storable(self.object), 40)} is longer than {MAX_ADDRESS}"
                " characters or holds one that is no text"
            )


@dataclass(frozen=True, kw_only=True)
class Translation:
    """What a message says; or, with no snapshots, why it is ignored on purpose."""

    event_type: str
    snapshots: tuple[Snapshot, ...] = ()
    ignored: str = ""


@dataclass(frozen=True, kw_only=True)
class Inbound(Generic[S]):
    """The way in.

    verify      raises Unverified (401) or Unconfigured (503); `now` guards a replay window
    dedupe_key  the vendor's delivery id, else a hash of what was signed with its timestamp
    translate   raises Malformed; unknown event types come back `ignored`, never as an error
    acknowledge what the sender is told
    max_bytes   the sender's own maximum: more is 413
    unproven    true where headers and path alone show that no secret can fit, whatever the body
                (which is empty here): 401 at once, so that strangers hold no memory of ours
    credentials headers that bring a secret, besides those whose names say so: not to be stored
    """

    verify: Callable[[S, Message, datetime], None]
    dedupe_key: Callable[[S, Message], str]
    translate: Callable[[S, Message], Translation]
    acknowledge: Callable[[S, Message], Acknowledgement]
    max_bytes: int
    unproven: Callable[[S, Message], bool] = lambda *_: False
    credentials: Callable[[S], Collection[str]] = lambda _: ()


@dataclass(frozen=True, kw_only=True)
class Reader(Generic[C]):
    """Reads of live records, batched.

    read     (client, connection, object, ids, fields) -> complete snapshots of what is not gone
    query    (client, text, fields) -> rows of a SOQL or JQL query, paged lazily; each has the
             vendor's id under `row_id`
    resolve  (client, connection, object, keys) -> by the key people use: every record that has it
    name     (settings, text) -> what an id, a key or a URL of this account names; `None` for a
             URL of somebody else, and for a text that can name nothing here. Makes no call
    touched  (client, object, since, now, where) -> what was changed at `since` or later, the
             oldest first, paged lazily; `now` is our clock's, `where` a condition in the vendor's
             words, or empty. `None`: nothing can be searched for here
    search   (client, object, query, since, now) -> every record that a JQL or SOQL query shows, in
             an order that a change does not change, paged lazily; an empty query shows all. With
             `since`, those that were changed since then. `None`: as above
    batch    how many records one call of `read` brings
    successors  (client, object, ids) -> of records that are gone: by id, the id of the record that
             each was merged into, however often. `None`: records are never merged here
    holding  (client, object, field) -> the query of its records whose field holds something.
             Makes no call. `None`: there is no such query
    history  (client, object, snapshots) -> by ref: the past of records that were read just now with
             `history_fields`, the newest first. `None`: it cannot be read here
    history_batch  how many records one call of that is for, about
    hanging  by object: how records are read that hang on those of another
    """

    read: Callable[[C, str, str, Sequence[str], Sequence[str]], Sequence[Snapshot]]
    query: Callable[[C, str, Sequence[str]], Iterator[Mapping[str, Any]]]
    resolve: Callable[[C, str, str, Sequence[str]], Mapping[str, Sequence[Ref]]]
    name: Callable[[Any, str], Named | None]
    row_id: str
    touched: Callable[[C, str, datetime, datetime, str], Iterator[Touched]] | None = None
    search: Callable[[C, str, str, datetime | None, datetime], Iterator[Touched]] | None = None
    batch: int = 100
    successors: Callable[[C, str, Sequence[str]], Mapping[str, str]] | None = None
    holding: Callable[[C, str, str], str] | None = None
    history: Callable[[C, str, Sequence[Snapshot]], Mapping[Ref, Sequence[Past]]] | None = None
    history_fields: tuple[str, ...] = ()
    history_batch: int = 1
    hanging: Mapping[str, Hanging[C, Snapshot]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Connector(Generic[S, C]):
    """One system's folder, as a table of contents.

    connect   (name, settings, http) -> client; makes no call
    hosts     (settings) -> the outbound hosts this connection may reach, besides `allow_hosts`
    actions   what mappings may ask of it
    check     (client) -> reachability, credentials and permissions, for `bridge doctor`
    reader    None where nothing can be read
    validate  (settings) raises SettingError for what a model cannot see, so that the start stops
    spellings (account id) -> every way it is written, the one in messages first
    deleted   codes of the errors by which a write is told that its record is deleted
    limits    what the vendor allows; None: it says nothing, and nothing is kept
    vocabulary  how it is asked for its fields and words; None: it cannot be asked
    roster    how it is asked who somebody is; None: it cannot be asked
    registrar  how its webhooks are compared with `bridge.yaml`; None: it shows none of them
    files     how files on records are read; None: they are not
    talk      how comments are carried there; None: they are not
    secret_path  the URL itself is a credential: the attempt log keeps its host alone
    live      settings that its client takes while it runs, by `renew` (client, settings)
    """

    name: str
    settings: type[S]
    connect: Callable[[str, S, Http], C]
    hosts: Callable[[S], Sequence[str]]
    inbound: Inbound[S] | None
    actions: tuple[type[Action[Any]], ...]
    check: Callable[[C], Sequence[CheckResult]]
    reader: Reader[C] | None = None
    limits: Limits[S] | None = None
    vocabulary: Vocabulary[C] | None = None
    files: Files[C] | None = None
    roster: Roster[C] | None = None
    registrar: Registrar[C] | None = None
    talk: Talk[S] | None = None
    spellings: Callable[[str], Sequence[str]] = lambda one: (one,)
    deleted: frozenset[str] = frozenset()
    secret_path: bool = False
    validate: Callable[[S], None] | None = None
    live: frozenset[str] = frozenset()
    renew: Callable[[C, S], None] = lambda _client, _settings: None
