"""Links as people read them."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from bridge.ledger import latest
from bridge.ledger.tables import LinkRow


class LinkView(BaseModel):
    """Two records that belong together. `key` and `url` are those of the right one; `left_key` is what
    people call the left one by, where it has such a name."""

    model_config = ConfigDict(frozen=True)

    id: str
    left_ref: str
    left_key: str | None
    right_ref: str | None
    relation: str
    role: str
    state: str
    key: str
    url: str
    note: str
    delivery_id: str | None
    created_at: datetime
    resolved_at: datetime | None


def link_views(session: Session, rows: Sequence[LinkRow]) -> list[LinkView]:
    """These links, in their order."""
    keys = latest.keys(session, [row.left_ref for row in rows])
    names = LinkView.model_fields.keys() - {"left_key"}
    return [
        LinkView(**{name: getattr(row, name) for name in names}, left_key=keys.get(row.left_ref))
        for row in rows
    ]
