"""From what people wrote to records: names become refs, refs are read live and interpreted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bridge.canonical.event import Origin
from bridge.canonical.ref import Ref
from bridge.connectors.connected import Connected, Connections
from bridge.connectors.contract import Reader, Snapshot
from bridge.connectors.found import Named
from bridge.errors import Malformed, PermanentError, RuleError
from bridge.ledger.sighting import Sighting
from bridge.pipeline.adoption.ends import Place
from bridge.rules.ruleset import RuleSet
from bridge.rules.sources import Source, interpret

Asked = tuple[str, Place]  # a name, and where to look it up if it does not say so itself
T = TypeVar("T")


class Ask(Protocol):
    """How a system is asked: whoever keeps to the breaker's word may raise instead."""

    def __call__(self, connected: Connected, read: Callable[[], T]) -> T: ...


def at_once(connected: Connected, read: Callable[[], T]) -> T:
    """Somebody waits for the answer, and has looked whether the system may be called."""
    return read()


@dataclass(frozen=True, kw_only=True)
class Meant:
    """The records a name may mean; with none, why."""

    refs: tuple[Ref, ...] = ()
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A live record. Without a sighting no source takes it, and `reason` says why.

    `fields` is what the vendor showed, the fields that a source writes back among it.
    """

    source: Source | None = None
    sighting: Sighting | None = None
    fields: Mapping[str, Any]
    reason: str = ""


def find(
    connections: Connections, asked: Iterable[Asked], ask: Ask = at_once
) -> dict[Asked, Meant]:
    """What each name means. Asks the vendors for keys, many at once. Raises their DeliveryErrors
    but for a refusal for good, which is the reason why nothing was found.
    """
    found: dict[Asked, Meant] = {}
    keys: dict[Place, dict[str, list[Asked]]] = {}
    for one in dict.fromkeys(asked):
        meant = _meant(connections, one)
        if isinstance(meant, Meant):
            found[one] = meant
        else:
            place, key = meant
            keys.setdefault(place, {}).setdefault(key, []).append(one)
    for place, names in keys.items():
        meanings = _resolved(connections[place[0]], place, list(names), ask)
        found |= {one: meanings[key] for key, those in names.items() for one in those}
    return found


def look(
    connections: Connections, rules: RuleSet, refs: Iterable[Ref], ask: Ask = at_once
) -> dict[Ref, Seen]:
    """The live records among these that are there, as their sources read them. Raises as `find`."""
    places: dict[Place, list[Ref]] = {}
    for ref in sorted(set(refs)):
        places.setdefault((ref.connection, ref.kind), []).append(ref)
    seen: dict[Ref, Seen] = {}
    for place, those in places.items():
        seen |= _look_at(connections[place[0]], rules, place, those, ask)
    return seen


def _meant(connections: Connections, asked: Asked) -> Meant | tuple[Place, str]:
    """What a name says by itself; else the place and the key to look up there."""
    said, home = asked
    ref = _ref(connections, said)
    if ref is not None:
        return Meant(refs=(ref,))
    connection, named = _named(connections, said, home)
    if named is None:
        return Meant(reason=f"{said[:80]!r} names nothing at any connection")
    object_ = named.object or (home[1] if connection == home[0] else "")
    if not object_:
        return Meant(reason=f"{said[:80]!r} does not say what kind of record it is")
    if named.id:
        return Meant(refs=(Ref(connection, object_, named.id),))
    return (connection, object_), named.key


def _ref(connections: Connections, said: str) -> Ref | None:
    try:
        ref = Ref.parse(said)
    except Malformed:
        return None
    return ref if _reader(connections.get(ref.connection)) else None


def _named(connections: Connections, said: str, home: Place) -> tuple[str, Named | None]:
    """A URL is asked of every connection, anything else of its own side's alone."""
    asked = [home[0], *(sorted(set(connections) - {home[0]}) if "://" in said else [])]
    for name in asked:
        connected = connections.get(name)
        reader = _reader(connected)
        named = reader.name(connected.settings, said) if connected and reader else None
        if named is not None:
            return name, named
    return home[0], None


def _reader(connected: Connected | None) -> Reader[Any] | None:
    return connected.connector.reader if connected is not None else None


def _resolved(
    connected: Connected, place: Place, keys: Sequence[str], ask: Ask
) -> Mapping[str, Meant]:
    reader = _reader(connected)
    assert reader is not None  # it has named these
    try:
        known = ask(connected, lambda: reader.resolve(connected.client, place[0], place[1], keys))
    except PermanentError as error:
        return dict.fromkeys(keys, Meant(reason=str(error)))
    nobody = f"no {place[1]} of {place[0]} is called"
    return {
        key: Meant(refs=tuple(known[key])) if known.get(key) else Meant(reason=f"{nobody} {key!r}")
        for key in keys
    }


def _look_at(
    connected: Connected, rules: RuleSet, place: Place, refs: Sequence[Ref], ask: Ask
) -> dict[Ref, Seen]:
    sources = rules.source_for(*place)
    if not sources:
        text = f"no source takes {place[1]} of {place[0]}"
        return {ref: Seen(fields={}, reason=text) for ref in refs}
    seen: dict[Ref, Seen] = {}
    for source in sources:
        left = [ref for ref in refs if ref not in seen or seen[ref].sighting is None]
        seen |= _look_with(connected, source, left, ask)
    return seen


def _look_with(
    connected: Connected, source: Source, refs: Sequence[Ref], ask: Ask
) -> dict[Ref, Seen]:
    reader = _reader(connected)
    assert reader is not None
    fields = list(dict.fromkeys((*source.vendor_fields, *source.write_back.values())))
    ids = [ref.id for ref in refs]
    try:
        shown = ask(
            connected,
            lambda: reader.read(connected.client, connected.name, source.object, ids, fields),
        )
    except PermanentError as error:
        return {ref: Seen(fields={}, reason=f"cannot be read: {error}") for ref in refs}
    return {snapshot.ref: _interpreted(source, snapshot) for snapshot in shown}


def _interpreted(source: Source, snapshot: Snapshot) -> Seen:
    try:
        sighting = interpret(source, snapshot, origin=Origin.BACKFILL)
    except RuleError as error:
        return Seen(fields=snapshot.fields, reason=str(error))
    if sighting is None:
        return Seen(fields=snapshot.fields, reason=f"is none by `only` of source {source.id}")
    return Seen(source=source, sighting=sighting, fields=snapshot.fields)
