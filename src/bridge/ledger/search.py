"""Finding a record by what people have in hand: its number, its key, its URL."""

import re

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from bridge.ledger.tables import RecordRow


def find_record(session: Session, text: str) -> RecordRow | None:
    """By ref, by what people call it (a case number, an issue key), or by its URL."""
    plain = re.split(r"[?#]", text.strip(), maxsplit=1)[0].rstrip("/")
    tail = plain.rsplit("/", 1)[-1]
    keys = sorted({text, plain, tail, tail.upper()})
    known = select(RecordRow).where(or_(RecordRow.ref == text, RecordRow.key.in_(keys)))
    found = session.scalars(known.order_by(RecordRow.ref).limit(1)).first()
    if found:
        return found
    url = select(RecordRow).where(RecordRow.url.in_(sorted({text, plain})))
    return (
        session.scalars(url.order_by(RecordRow.ref).limit(1)).first()
        or session.scalars(_by_vendor_id(plain, tail).limit(1)).first()
    )


def called(session: Session, text: str, *, limit: int = 5) -> list[RecordRow]:
    """Every record that is called so: by its ref, its key or its URL."""
    names = (RecordRow.ref == text, RecordRow.key.in_([text, text.upper()]), RecordRow.url == text)
    query = select(RecordRow).where(or_(*names), RecordRow.deleted_at.is_(None))
    return list(session.scalars(query.order_by(RecordRow.ref).limit(limit)))


def _by_vendor_id(text: str, tail: str) -> Select[RecordRow]:
    """A vendor's id stands at the end of a ref, and somewhere in a Lightning URL's path.

    Salesforce shows ids of 15 characters; the whole one has three more. This reads all records
    (not their history), as a URL does that ends in no key: people ask so, one at a time.
    """
    parts = {part for part in text.split("/") if len(part) in {15, 18} and part.isalnum()}
    ends = [RecordRow.ref.endswith(f":{part}", autoescape=True) for part in {*parts, tail}]
    ends += [RecordRow.ref.like(f"%:{part}___") for part in parts if len(part) == 15]
    return select(RecordRow).where(or_(*ends)).order_by(RecordRow.ref)
