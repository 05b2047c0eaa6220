"""A vendor with a memory, and the things that the tests ask of it."""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Self

import httpx
import orjson
from typing_extensions import override

from bridge.canonical.ref import Ref
from bridge.connectors.action import Action, Outcome, Receipt, Repeat
from bridge.connectors.connected import Connected
from bridge.connectors.contract import ConnectionSettings, Connector
from bridge.errors import DeliveryError, PermanentError, TransientError
from bridge.http import Http
from clocks import FakeClock

SETTLE = 60.0


class Killed(BaseException):
    """The process ends here, and nobody catches it."""


@dataclass(frozen=True, kw_only=True)
class Wind:
    """What befalls one call: an error before its effect or after it, or something else meanwhile."""

    error: BaseException | None = None
    after: bool = False
    meanwhile: Callable[[], object] = lambda: None


@dataclass(frozen=True, kw_only=True)
class Written:
    """One effect at the vendor."""

    number: int
    action: str
    place: str
    text: str
    key: str
    at: datetime


@dataclass
class Vendor:
    """Remembers every write, finds it again once its index has caught up."""

    clock: FakeClock
    lag: timedelta = timedelta(seconds=45)  # until a search sees what was written
    wire: Http | None = None
    written: list[Written] = field(default_factory=list)
    winds: deque[Wind] = field(default_factory=deque)  # of the next writes
    mists: deque[Exception] = field(default_factory=deque)  # of the next finds
    finds: int = 0
    bulks: list[list[str]] = field(default_factory=list)  # things of each bulk call
    room: int = 99  # how many find room in a bulk call
    slow_find: timedelta = timedelta(0)
    slow_start: timedelta = timedelta(0)  # from the last look at the lease to the request
    shut: dict[str, Exception] = field(default_factory=dict)  # place -> what it answers
    statuses: dict[str, int] = field(default_factory=dict)  # place -> what it answers with
    status: int = 200  # of every other place; 0: it cannot be reached
    retry_after: float | None = None  # what it says with a 503

    def blow(self, *winds: Wind | BaseException) -> None:
        """What befalls the next writes, in order."""
        self.winds.extend(one if isinstance(one, Wind) else Wind(error=one) for one in winds)

    def write(self, action: str, place: str, text: str, key: str) -> int:
        wind = self.winds.popleft() if self.winds else Wind()
        if place in self.shut:
            raise self.shut[place]
        if wind.error and not wind.after:
            raise wind.error
        self.call(action, place, text)
        number = len(self.written) + 1
        made = {"action": action, "place": place, "text": text, "key": key}
        self.written.append(Written(number=number, at=self.clock.now(), **made))
        wind.meanwhile()
        if wind.error:
            raise wind.error
        return number

    def call(self, action: str, place: str, text: str) -> None:
        """What goes over the wire. Raises what an answer of 400 and more means."""
        assert self.wire is not None
        self.clock.advance(self.slow_start)
        request = httpx.Request("POST", f"https://shop.example/{place}", json={"text": text})
        part = f"channel:{place}" if action in {Post.kind, Tell.kind} else ""
        answer = self.wire.send(request, part=part)
        code = str(answer.status_code)
        if answer.status_code == 429:
            wait = float(answer.headers.get("retry-after", 1))
            raise TransientError("too many", code=code, retry_after=wait)
        if answer.status_code >= 500:
            wait = answer.headers.get("retry-after")
            again = float(wait) if wait else None
            raise TransientError(f"answered {code}", code=code, retry_after=again)
        if answer.status_code >= 400:
            raise PermanentError(f"refused with {code}", code=code)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What comes back over the wire. Raises ConnectError while it is not there."""
        status = self.statuses.get(request.url.path[1:], self.status)
        if not status:
            raise httpx.ConnectError("away", request=request)
        wait = {"retry-after": str(self.retry_after)} if status == 503 and self.retry_after else {}
        return httpx.Response(status, headers=wait, json={"ok": status < 300})

    def find(self, key: str) -> int | None:
        self.finds += 1
        self.clock.advance(self.slow_find)
        if self.mists:
            raise self.mists.popleft()
        seen = self.clock.now() - self.lag
        return next((one.number for one in self.written if one.key == key and one.at <= seen), None)

    def texts(self, place: str) -> list[str]:
        return [one.text for one in self.written if one.place == place]

    def fills(self, thing: str) -> list[dict[str, str]]:
        """The fields of each call that filled this thing."""
        return [
            orjson.loads(one.text)
            for one in self.written
            if (one.action, one.place) == (Fill.kind, thing)
        ]

    def filled(self, thing: str) -> dict[str, str]:
        """What this thing's fields say now."""
        return {name: value for one in self.fills(thing) for name, value in one.items()}

    def count(self, key: str) -> int:
        return sum(one.key == key for one in self.written)


class Create(Action[Vendor]):
    """Can be found again, and must not be done twice."""

    kind: ClassVar[str] = "shop.create"
    repeat: ClassVar[Repeat] = Repeat.FINDABLE
    settle: ClassVar[float] = SETTLE
    creates: ClassVar[str | None] = "thing"

    title: str

    @override
    def ordering_key(self) -> str:
        return ""

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        return made(client.write(self.kind, "things", self.title, key))

    @override
    def find(self, client: Vendor, key: str) -> Receipt | None:
        number = client.find(key)
        return None if number is None else made(number)


class Update(Action[Vendor]):
    """Can be done as often as one likes."""

    kind: ClassVar[str] = "shop.update"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "thing"

    thing: str
    text: str

    @override
    def ordering_key(self) -> str:
        return f"thing:{self.thing}"

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        client.write(self.kind, self.thing, self.text, key)
        return Receipt(wrote={"text": self.text})


class Post(Action[Vendor]):
    """Can neither be found nor done twice."""

    kind: ClassVar[str] = "shop.post"
    repeat: ClassVar[Repeat] = Repeat.UNSAFE

    channel: str
    text: str
    ambiguous: Literal["repeat", "skip"] = "skip"

    @override
    def ordering_key(self) -> str:
        return f"channel:{self.channel}"

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        client.write(self.kind, self.channel, self.text, key)
        return Receipt(outcome=Outcome.ACCEPTED)


class Tell(Post):
    """When more than two wait at a channel, up to four go as one; with an @ it goes alone."""

    kind: ClassVar[str] = "shop.tell"
    batch: ClassVar[int] = 4
    behind: ClassVar[int] = 2

    @override
    def batch_key(self) -> str | None:
        return None if "@" in self.text else self.channel

    @override
    @classmethod
    def run_batch(
        cls, client: Vendor, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError | None]:
        text = " + ".join(post.text for post, _ in batch)
        client.write(cls.kind, batch[0][0].channel, text, batch[0][1])
        return [Receipt(outcome=Outcome.ACCEPTED)] * len(batch)


class Paint(Action[Vendor]):
    """Up to three go in one call. The vendor refuses grey."""

    kind: ClassVar[str] = "shop.paint"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "thing"
    batch: ClassVar[int] = 3

    thing: str
    colour: str

    @override
    def ordering_key(self) -> str:
        return f"thing:{self.thing}"

    @override
    def batch_key(self) -> str | None:
        return None if self.colour == "by hand" else "paint"

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        if self.colour == "grey":
            raise PermanentError("no grey", code="GREY")
        client.write(self.kind, self.thing, self.colour, key)
        return Receipt(wrote={"colour": self.colour})

    @override
    @classmethod
    def run_batch(
        cls, client: Vendor, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError | None]:
        sent, late = batch[: client.room], batch[client.room :]
        client.bulks.append([one.thing for one, _ in sent])
        results: list[Receipt | DeliveryError | None] = []
        for one, key in sent:
            try:
                results.append(one.run(client, key))
            except PermanentError as error:
                results.append(error)
        return [*results, *([None] * len(late))]


class Fill(Action[Vendor]):
    """Sets fields of a thing; what is queued may go out as one. The vendor refuses the value `bad`."""

    kind: ClassVar[str] = "shop.fill"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "thing"
    fields_from: ClassVar[str | None] = "fields"
    batch: ClassVar[int] = 3

    thing: str
    fields: Mapping[str, str]
    silent: bool = False

    @override
    def ordering_key(self) -> str:
        return f"thing:{self.thing}"

    @override
    def batch_key(self) -> str | None:
        return "fill"

    @override
    def sets(self) -> Mapping[str, Any]:
        return self.fields

    @override
    def manner(self) -> str:
        return "silent" if self.silent else ""

    @override
    def merged(self, later: Self) -> Self | None:
        if (self.thing, self.silent) != (later.thing, later.silent):
            return None
        return self.model_copy(update={"fields": {**self.fields, **later.fields}})

    @override
    def without(self, names: Collection[str]) -> Self:
        kept = {name: value for name, value in self.fields.items() if name not in names}
        return self.model_copy(update={"fields": kept})

    @override
    def run(self, client: Vendor, key: str) -> Receipt:
        if "bad" in self.fields.values():
            raise PermanentError("not that", code="BAD")
        client.write(self.kind, self.thing, orjson.dumps(dict(self.fields)).decode(), key)
        return Receipt(ref=Ref("shop", "thing", self.thing), wrote=self.fields)

    @override
    @classmethod
    def run_batch(
        cls, client: Vendor, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError]:
        client.bulks.append([one.thing for one, _ in batch])
        results: list[Receipt | DeliveryError] = []
        for one, key in batch:
            try:
                results.append(one.run(client, key))
            except PermanentError as error:
                results.append(error)
        return results


ACTIONS: Mapping[str, type[Action[Any]]] = {
    one.kind: one for one in (Create, Update, Post, Tell, Paint, Fill)
}


def made(number: int) -> Receipt:
    return Receipt(
        ref=Ref("shop", "thing", str(number)), key=f"T-{number}", url=f"https://t/{number}"
    )


def connected(name: str, vendor: Vendor, **settings: Any) -> Connected:
    """A connection whose every call is answered, and told in the attempt log."""

    def connect(_: str, __: ConnectionSettings, http: Http) -> Vendor:
        vendor.wire = http
        return vendor

    return Connected(
        name=name,
        connector=_connector(connect),
        settings=ConnectionSettings(system="shop", **settings),
        transport=httpx.MockTransport(vendor.answer),
    )


def _connector(
    connect: Callable[[str, ConnectionSettings, Http], Vendor],
) -> Connector[ConnectionSettings, Vendor]:
    return Connector(
        name="shop",
        settings=ConnectionSettings,
        connect=connect,
        hosts=lambda _: ("shop.example",),
        inbound=None,
        actions=tuple(ACTIONS.values()),
        check=lambda _: (),
    )
