"""Three small vendors with memory: a CRM with cases, a tracker with issues, and a chat."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import orjson
from typing_extensions import override

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors.action import Action, Outcome, Receipt, Repeat
from bridge.connectors.contract import (
    Acknowledgement,
    ConnectionSettings,
    Connector,
    Inbound,
    Message,
    Reader,
    Snapshot,
    Translation,
)
from bridge.connectors.found import Hanging, Touched
from bridge.connectors.gathering import Gathering
from bridge.connectors.history import Moved, Past
from bridge.errors import Malformed


@dataclass(kw_only=True)
class Vendor:
    """What a system holds, what it was asked, and what it answers next instead of doing it."""

    name: str
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    staff: set[str] = field(default_factory=set)  # accounts
    said: dict[str, dict[str, Any]] = field(default_factory=dict)  # comments, each `on` a record
    unlisted: set[str] = field(default_factory=set)  # comments that a list leaves out
    by_key: dict[str, Receipt] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    lost: list[Exception] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)  # of the next reads
    reads: Callable[[], object] = lambda: None  # what happens while it is read
    reads_made: int = 0
    pasts: dict[str, list[Past]] = field(default_factory=dict)  # by record, the newest first
    silent_pasts: list[Exception | None] = field(default_factory=list)  # of the next, one by one
    searched: list[datetime] = field(default_factory=list)  # since when, each time
    lag: timedelta = timedelta(0)  # of the index that searches go by
    blind: int = 0  # finds that see nothing, as a search that lags behind
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, key: str, what: str, do: Callable[[], Receipt]) -> Receipt:
        """Do it once, unless it is to be refused; an answer that is lost is lost after the effect."""
        with self.lock:
            if self.refusals:
                raise self.refusals.pop(0)
            self.asked.append(what)
            self.by_key[key] = receipt = do()
            if self.lost:
                raise self.lost.pop(0)
            return receipt

    def find(self, key: str) -> Receipt | None:
        if self.blind:
            self.blind -= 1
            return None
        return self.by_key.get(key)

    def add(self, kind: str, key: str, **fields: Any) -> Receipt:
        number = str(len(self.records) + 1)
        self.records[number] = fields
        shown = f"{key}-{number}"
        return Receipt(
            ref=Ref(self.name, kind, number), key=shown, url=f"https://{self.name}.test/{shown}"
        )


class CreateIssue(Action[Vendor]):
    kind: ClassVar[str] = "tracker.create_issue"
    repeat: ClassVar[Repeat] = Repeat.FINDABLE
    settle: ClassVar[float] = 60.0
    creates: ClassVar[str | None] = "issue"

    summary: str
    priority: str | None = None
    assignee: str | None = None

    @override
    def ordering_key(self) -> str:
        return ""

    @override
    def naming(self, account: Callable[[str], str | None]) -> Self:
        known = account(self.assignee) if self.assignee else None
        return self if known is None else self.model_copy(update={"assignee": known})

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        """An assignee who is not of the staff is left alone."""
        fields = self.model_dump(exclude_none=True)
        stranger = () if self.assignee in (None, *client.staff) else (fields.pop("assignee"),)
        return client.write(
            key,
            f"create {self.summary}",
            lambda: replace(client.add("issue", "T", **fields), strangers=stranger),
        )

    @override
    def find(self, client: Vendor, key: str) -> Receipt | None:
        return client.find(key)


class UpdateIssue(Action[Vendor]):
    kind: ClassVar[str] = "tracker.update_issue"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "issue"
    fields_from: ClassVar[str | None] = "fields"

    issue: str
    summary: str | None = None
    priority: str | None = None
    fields: Mapping[str, Any] = {}

    @override
    def ordering_key(self) -> str:
        return self.issue

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        fields = self.model_dump(exclude_none=True, exclude={"issue", "fields"})
        number = Ref.parse(self.issue).id

        def do() -> Receipt:
            client.records[number].update(fields)
            return Receipt()

        return client.write(key, f"update {number} {sorted(fields.values())}", do)


class FillIssue(Action[Vendor]):
    """Sets fields; what is queued may go out as one."""

    kind: ClassVar[str] = "tracker.fill_issue"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "issue"
    fields_from: ClassVar[str | None] = "fields"

    issue: str
    fields: Mapping[str, Any]

    @override
    def ordering_key(self) -> str:
        return self.issue

    @override
    def sets(self) -> Mapping[str, Any]:
        return self.fields

    @override
    def merged(self, later: Self) -> Self | None:
        return self.model_copy(update={"fields": {**self.fields, **later.fields}})

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        return client.write(key, f"fill {sorted(self.fields.values())}", Receipt)


class AddNote(Action[Vendor]):
    kind: ClassVar[str] = "tracker.add_note"
    repeat: ClassVar[Repeat] = Repeat.FINDABLE
    target: ClassVar[str | None] = "issue"
    creates: ClassVar[str | None] = "note"

    issue: str
    text: str

    @override
    def ordering_key(self) -> str:
        return self.issue

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        return client.write(
            key, f"note {self.text}", lambda: client.add("note", "N", text=self.text)
        )

    @override
    def find(self, client: Vendor, key: str) -> Receipt | None:
        return client.find(key)


class PutPage(Action[Vendor]):
    """Makes a page or brings it up to date: it is named by its title."""

    kind: ClassVar[str] = "tracker.put_page"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    creates: ClassVar[str | None] = "page"
    upserts: ClassVar[bool] = True

    title: str
    text: str

    @override
    def ordering_key(self) -> str:
        return f"page:{self.title}"

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        def do() -> Receipt:
            client.records[self.title] = {"text": self.text}
            return Receipt(ref=Ref(client.name, "page", self.title), key=self.title)

        return client.write(key, f"put {self.text}", do)


class UpdateRecord(Action[Vendor]):
    kind: ClassVar[str] = "crm.update_record"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "record"
    fields_from: ClassVar[str | None] = "fields"

    record: str
    object: str | None = None
    fields: Mapping[str, Any]

    @override
    def ordering_key(self) -> str:
        return self.record

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        number = Ref.parse(self.record).id

        def do() -> Receipt:
            client.records.setdefault(number, {}).update(self.fields)
            return Receipt(wrote=self.fields)

        return client.write(key, f"update {number}", do)


class Post(Action[Vendor]):
    kind: ClassVar[str] = "chat.post"
    repeat: ClassVar[Repeat] = Repeat.UNSAFE
    gathers: ClassVar[bool] = True

    channel: str
    title: str

    @override
    def ordering_key(self) -> str:
        return f"channel:{self.channel}"

    @override
    @classmethod
    def gathered(cls, gathering: Gathering[Self]) -> Self:
        """`ENG: new Reboots, resolved Hangs`; with what is said of all of them, if anything is."""
        first = gathering.members[0].action
        said = ", ".join(f"{one.part} {one.action.title}" for one in gathering.members)
        note = f" ({gathering.note})" if gathering.note else ""
        return cls(channel=first.channel, title=f"{gathering.title}: {said}{note}")

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        return client.write(key, f"post {self.title}", lambda: Receipt(outcome=Outcome.ACCEPTED))


ACTIONS = {
    action.kind: action
    for action in (CreateIssue, UpdateIssue, FillIssue, AddNote, PutPage, UpdateRecord, Post)
}
SYSTEMS = {"crm": "crm", "tracker": "tracker", "chat": "chat"}


def translate(settings: ConnectionSettings, message: Message) -> Translation:
    """A JSON list of what happened; a body that is none is malformed, an empty one is ignored."""
    try:
        told: list[Any] = orjson.loads(message.body)
    except orjson.JSONDecodeError as error:
        raise Malformed("not JSON") from error
    if told == ["bug"]:
        raise ZeroDivisionError
    return Translation(
        event_type="told",
        snapshots=tuple(_snapshot(message.connection, one) for one in told),
        ignored="" if told else "nothing happened",
    )


def _snapshot(connection: str, told: Mapping[str, Any]) -> Snapshot:
    stamp = _time(told.get("stamp"))
    assert stamp is not None
    return Snapshot(
        object=told["object"],
        ref=Ref(connection, told["object"], told["id"]),
        act=Act(told.get("act", "seen")),
        occurred_at=stamp,
        fields=told.get("fields", {}),
        version=told.get("version", ""),
        stamp=stamp,
        created_at=_time(told.get("created")),
        moved=tuple(
            Moved(field=name, before=pair[0], after=pair[1])
            for name, pair in told.get("moved", {}).items()
        ),
        own=told.get("own", False),
        ours=told.get("ours", False),
        complete=told.get("complete", False),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def read(
    client: Vendor, connection: str, object_: str, ids: Sequence[str], fields: Sequence[str]
) -> Sequence[Snapshot]:
    """Live records: what the vendor holds now."""
    client.reads()
    client.reads_made += 1
    if client.trouble:
        raise client.trouble.pop(0)
    shown = ((one, client.records[one]) for one in ids if one in client.records)
    return [
        Snapshot(
            object=object_,
            ref=Ref(connection, object_, one),
            act=Act.SEEN,
            occurred_at=record["stamp"],
            fields=record,
            stamp=record["stamp"],
            created_at=record.get("created"),
            version=record["stamp"].isoformat(),
        )
        for one, record in shown
        if not record.get("gone")
    ]


def said_on(
    client: Vendor, connection: str, ids: Sequence[str]
) -> Mapping[str, Sequence[Snapshot]]:
    """By record, the comments on it."""
    client.reads()
    if client.trouble:
        raise client.trouble.pop(0)
    return {
        number: [
            _comment(connection, one, said)
            for one, said in client.said.items()
            if said["on"] == number and one not in client.unlisted
        ]
        for number in ids
        if number in client.records
    }


def read_said(client: Vendor, connection: str, ids: Sequence[str]) -> Sequence[Snapshot]:
    """Comments by `RECORD/ID`."""
    wanted = (address.partition("/") for address in ids)
    return [
        _comment(connection, one, client.said[one])
        for on, _, one in wanted
        if client.said.get(one, {}).get("on") == on
    ]


def _comment(connection: str, number: str, said: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        object="comment",
        ref=Ref(connection, "comment", number),
        act=Act.SEEN,
        occurred_at=said["stamp"],
        fields={**said, "on": str(Ref(connection, "Case", said["on"]))},
        version=said["stamp"].isoformat(),
        stamp=said["stamp"],
        created_at=said["stamp"],
        on=said["on"],
    )


def touched(
    client: Vendor, object_: str, since: datetime, now: datetime, where: str
) -> Iterator[Touched]:
    """What the vendor holds and was changed since; `lag` hides what was changed a moment ago."""
    if client.trouble:
        raise client.trouble.pop(0)
    client.searched.append(since)
    shown = [
        Touched(id=one, stamp=record["stamp"], gone=record.get("gone", False))
        for one, record in client.records.items()
        if since <= record["stamp"] <= now - client.lag
    ]
    for one in sorted(shown, key=lambda one: one.stamp):
        client.reads()
        yield one


def search(
    client: Vendor, object_: str, query: str, since: datetime | None, now: datetime
) -> Iterator[Touched]:
    """All there is; a query is the beginning of titles."""
    if client.trouble:
        raise client.trouble.pop(0)
    for one, record in sorted(client.records.items()):
        client.reads()
        wanted = str(record.get("Title", "")).startswith(query)
        if wanted and (since is None or record["stamp"] >= since):
            yield Touched(id=one, stamp=record["stamp"], gone=record.get("gone", False))


def successors(client: Vendor, object_: str, ids: Sequence[str]) -> Mapping[str, str]:
    """By id: what the vendor has merged it into."""
    records = client.records
    return {one: records[one]["into"] for one in ids if records.get(one, {}).get("into")}


def history(
    client: Vendor, object_: str, snapshots: Sequence[Snapshot]
) -> Mapping[Ref, Sequence[Past]]:
    trouble = client.silent_pasts.pop(0) if client.silent_pasts else None
    if trouble is not None:
        raise trouble
    return {one.ref: client.pasts.get(one.ref.id, ()) for one in snapshots}


def _nothing(*_: Any) -> Iterator[Any]:
    yield from ()


def connector(name: str) -> Connector[Any, Any]:
    """A vendor's folder, as a table of contents."""
    return Connector(
        name=name,
        settings=ConnectionSettings,
        connect=lambda called, _settings, _http: Vendor(name=called),
        hosts=lambda _: (),
        inbound=Inbound(
            verify=lambda *_: None,
            dedupe_key=lambda _, message: message.body.hex(),
            translate=translate,
            acknowledge=lambda *_: Acknowledgement(),
            max_bytes=1_000_000,
        ),
        actions=tuple(of_system(name)),
        check=lambda _: (),
        reader=Reader(
            read=read,
            query=_nothing,
            resolve=lambda *_: {},
            name=lambda *_: None,
            row_id="id",
            touched=touched,
            search=search,
            successors=successors,
            history=history,
            hanging={"comment": Hanging(on="Case", all=said_on, read=read_said)},
        ),
    )


def of_system(name: str) -> Iterable[type[Action[Any]]]:
    return (action for kind, action in ACTIONS.items() if kind.startswith(f"{name}."))
