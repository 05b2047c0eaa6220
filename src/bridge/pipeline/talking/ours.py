"""Whether a comment that has no link yet is one of ours: an echo that came before its answer."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.canonical.event import Act, Event
from bridge.connectors.files import plain_name
from bridge.ledger import links
from bridge.ledger.latest import Latest
from bridge.outbox.tables import GOOD, OPEN, DeliveryRow
from bridge.pipeline.talking.words import squeezed
from bridge.pipeline.world import World


def is_ours(
    session: Session,
    world: World,
    comment: Latest,
    event: Event | None,
    marks: tuple[str, ...],
) -> bool:
    """By its author, by the mark that it carries, or, where neither tells, by its words.

    What rules write on a record is ours too, and does not cross. Without an `event` it was told some
    time ago, so what says it may be over.
    """
    connected = world.connections[comment.connection]
    talk = connected.connector.talk
    account = talk.account(connected.settings) if talk is not None else None
    author = _author(comment, event)
    if account is not None and author in connected.connector.spellings(account):
        return True
    if marks:
        return _marked(session, comment, marks)
    states = OPEN if event is not None else OPEN | GOOD
    return (account is None or not author) and _written(session, comment, states)


def _author(comment: Latest, event: Event | None) -> str:
    """As the source reads it, else who has made it; empty where nobody tells."""
    told = str((comment.data.get("author") or {}).get("id") or "")
    if told or event is None or event.actor is None or event.act != Act.CREATED:
        return told
    return event.actor.id


def _marked(session: Session, comment: Latest, marks: tuple[str, ...]) -> bool:
    """A mark leads to the link of the copy it was put on. Another's is a quotation at the end."""
    found = links.by_id(session, list(marks)).values()
    return not any(one.right_ref not in (None, comment.ref) for one in found)


def _written(session: Session, comment: Latest, states: frozenset[str]) -> bool:
    """Whether a comment with these words is being written there, or was, as the states say."""
    query = select(DeliveryRow.args).where(
        DeliveryRow.ordering_key == f"{comment.connection}|{comment.parent}",
        DeliveryRow.state.in_(sorted(states)),
        DeliveryRow.link_id.is_not(None),
    )
    return any(_says(args, comment.data) for args in session.scalars(query))


def _says(args: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """The same words of a comment, the same name and size of a file."""
    if "source" in args:
        name = plain_name(str(data.get("name") or ""))
        return (args.get("name"), args.get("size")) == (name, data.get("size"))
    return squeezed(str(args.get("body") or "")) == squeezed(str(data.get("body") or ""))
