"""What the org pushes and when: definitions of Outbound Messages and callouts, and conditions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.connectors.salesforce.simulator.change import Act, Change

When = Callable[[Change], bool]


def always(change: Change) -> bool:
    """Every write that can fire one: creations and updates, our own REST writes among them."""
    return True


def created(change: Change) -> bool:
    return change.act is Act.CREATED


def changed(*fields: str) -> When:
    """A creation, or an update that moved one of these fields."""
    return lambda change: change.act is Act.CREATED or bool(change.changed & set(fields))


def having(**values: object) -> When:
    """The record has these values after the write."""
    return lambda change: all(change.after.get(name) == each for name, each in values.items())


def fires(change: Change, kind: str, when: When) -> bool:
    """Deletions and undeletions fire neither flows' messages nor callouts."""
    fits = change.object == kind and change.act in {Act.CREATED, Act.UPDATED}
    return fits and when(change)


@dataclass(frozen=True, kw_only=True)
class OutboundMessage:
    """One definition in the org's setup. `action_id` (prefix 04k) is given by the simulator.

    `fields` are the object's own: an Outbound Message can hold no related record's.
    """

    object: str
    fields: Sequence[str]
    when: When = always
    name: str = ""
    action_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Callout:
    """One flow or trigger. `fields` may be parent paths; nulls are sent as null."""

    object: str
    fields: Sequence[str]
    when: When = always
    name: str = ""
