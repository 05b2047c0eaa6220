"""What a connector is: settings, a way in, a way out, and a check.

A message comes in and is *verified*, *translated* into snapshots in the vendor's own words, and a
source (a mapping) says what those mean. An action goes out through `run`, and after a lost answer
through `find`. Connectors know the protocol; mappings know the meaning.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bridge.canonical.event import Act, Actor, Origin
from bridge.canonical.ref import Ref
from bridge.canonical.text import cut, storable
from bridge.connectors.checking import CheckResult
from bridge.connectors.files import Files
from bridge.connectors.found import Hanging, Named, Touched
from bridge.connectors.gathering import Gathering
from bridge.connectors.history import Moved, Past
from bridge.connectors.limits import CALLS, Allowed, Limits
from bridge.connectors.mark import Mark
from bridge.connectors.registration import Registrar
from bridge.connectors.roster import Roster
from bridge.connectors.talk import Talk
from bridge.connectors.vocabulary import Vocabulary
from bridge.errors import DeliveryError, Malformed
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


class Repeat(StrEnum):
    """What a second run with the same write key does.

    safe      changes nothing more
    findable  would do it twice, but `find` can tell whether it happened
    unsafe    would do it twice, and nobody can tell
    """

    SAFE = "safe"
    FINDABLE = "findable"
    UNSAFE = "unsafe"


class Outcome(StrEnum):
    DONE = "done"
    ACCEPTED = "accepted"  # taken, not confirmed (a Teams 202)
    UNCHANGED = "unchanged"  # it was so already


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What came of an action. `key` and `url` are for people: `ENG-12` and where to open it.

    `strangers`: texts that name nobody there exactly. Their fields were left as they were.
    """

    outcome: Outcome = Outcome.DONE
    ref: Ref | None = None
    key: str = ""
    url: str = ""
    note: str = ""
    wrote: Mapping[str, Any] = field(default_factory=dict)  # field -> value, as the vendor keeps it
    strangers: tuple[str, ...] = ()


class Action(BaseModel, Generic[C]):
    """One thing we can do to a system. Its fields are the YAML form and the stored row at once.

    A subclass that addresses an existing record names the field that holds its address in
    `target`; rules that act on a linked record fill it. The address is a ref's text
    (`jira:issue:10231`), a vendor's id, or a key that people use. A subclass that makes a record
    names the vendor's kind of it in `creates`, and its receipt carries the new ref. One record has
    one of those a role, unless the action also has a `target`: an issue may have many comments.
    With `upserts` the action names what it makes: asked for again, it brings that up to date.
    One that `adds` to its target, such as a link to a page, is not outdated by the next one. One that
    `moves` it from state to state always is, whatever else either of them sets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    repeat: ClassVar[Repeat]
    settle: ClassVar[float] = 0.0  # seconds until a negative `find` is believed
    target: ClassVar[str | None] = None
    creates: ClassVar[str | None] = None
    upserts: ClassVar[bool] = False
    adds: ClassVar[bool] = False
    moves: ClassVar[bool] = False
    calls: ClassVar[int] = 1  # of one run that goes well; what is read once and kept does not count
    fields_from: ClassVar[str | None] = None  # the field that maps vendor fields to values
    longest: ClassVar[Mapping[str, int]] = {}  # characters that the vendor takes, by field
    named: ClassVar[Mapping[str, str]] = {}  # field -> the connection's setting that has the names
    comments_on: ClassVar[str | None] = None  # the object on which it says copies of comments
    brings: ClassVar[str | None] = None  # the field with the ref of a file elsewhere that it brings
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    batch: ClassVar[int] = 1  # how many fit into one bulk call; 1: each goes alone
    # A bulk call that shows less of each is for when more than so many wait, or when they are stale.
    # Urgent ones are not in it. 0: it shows everything.
    behind: ClassVar[int] = 0
    gathers: ClassVar[bool] = False  # several may be told in one: `gathered`

    def ordering_key(self) -> str:
        """Actions with one key go one at a time, oldest first. Empty: no order among its like."""
        raise NotImplementedError

    def target_ref(self, connection: str) -> str | None:
        """The ref of its target, where the address tells it by itself: one record is one key."""
        return None

    def run(self, client: C, key: str) -> Receipt:
        """Do it. `key` is the write key: put it where `find` sees it. Raises `DeliveryError`s."""
        raise NotImplementedError

    def batch_key(self) -> str | None:
        """Actions of one kind and one key may share a bulk call. `None`: this one goes alone."""
        return None

    @classmethod
    def run_batch(
        cls, client: C, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError | None]:
        """Do them all in one call, each with its write key; what came of each, in their order.

        `None`: it was not sent, for want of room or because it must not go beside another of them;
        it goes with the next call. Raises `DeliveryError`s for the call as a whole. What is refused
        among others is tried alone before anybody believes it.
        """
        raise NotImplementedError

    @classmethod
    def gathered(cls, gathering: Gathering[Self]) -> Self:
        """One action that tells all of these. Only where it `gathers`."""
        raise NotImplementedError

    def sets(self) -> Mapping[str, Any] | None:
        """The fields of its target that it sets, by a name that is the same however it is written.

        `None`: it does something else as well, or instead.
        """
        return None

    def manner(self) -> str:
        """How it sets them, where the same values in another manner may come to something else."""
        return ""

    def merged(self, later: Self) -> Self | None:
        """One action in place of two of one target: what `later` sets as well is as it says.

        `None`: there is none, and each goes alone. Only for `safe` actions that set fields.
        """
        return None

    def without(self, names: Collection[str]) -> Self | None:
        """The same without these fields, named as `sets` names them: newer ones have written them since.

        `None`: there is none. Where `merged` gives an action, this does too.
        """
        return None

    def naming(self, account: Callable[[str], str | None]) -> Self:
        """It with the accounts there of those whom it names. `account`: by any text; `None`: not known."""
        return self

    @classmethod
    def field_for(cls, object_: str, path: str) -> str | None:  # noqa: ARG003
        """By what name it sets what a source reads at this path of the vendor's object.

        `None`: it does not set that. Only for `safe` actions that have a `target`.
        """
        return None

    @classmethod
    def setting(cls, ref: Ref, values: Mapping[str, Any]) -> Self:
        """It for this record, with values by the names that `field_for` gives."""
        raise NotImplementedError

    def sends(self) -> Mapping[str, Any]:
        """Of a record that it makes: fields as the vendor keeps them, where that needs no call to tell.

        Which of them the vendor took, only a receipt says (`wrote`).
        """
        return {}

    def find(self, client: C, key: str) -> Receipt | None:
        """What an earlier run with this key did, or `None`. Only for `findable` actions."""
        raise NotImplementedError


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
    secret_path: bool = False
    validate: Callable[[S], None] | None = None
    live: frozenset[str] = frozenset()
    renew: Callable[[C, S], None] = lambda _client, _settings: None
