"""Which set of mappings a text means: `active`, `previous`, a hash, or the beginning of one."""

import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.errors import BridgeError
from bridge.rules import store
from bridge.rules.tables import ActivationRow, RuleSetRow

ACTIVE, PREVIOUS = "active", "previous"
WORDS = frozenset({ACTIVE, PREVIOUS})
SHORTEST = 4  # characters of a hash, as git has it
_HASH = re.compile(r"[0-9a-f]{1,64}")
_SHOWN = 5


class Unresolved(BridgeError):
    """A text that means no set, or several: then `meant` are those it may mean."""

    def __init__(self, text: str, *, meant: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.meant = tuple(meant)


def is_version(text: str) -> bool:
    """Whether a text may be a version at all: else it is a folder."""
    return text in WORDS or (len(text) >= SHORTEST and _HASH.fullmatch(text) is not None)


def resolve(session: Session, text: str) -> str:
    """The whole hash. Raises Unresolved."""
    match text:
        case "active":
            return _there(store.active_hash(session), "no mappings are active")
        case "previous":
            return _there(store.previous(session), "there is no set before the active one")
    if not is_version(text):
        raise Unresolved(
            f"{text[:80]!r} is no version: say active, previous, or a hash, of which"
            f" {SHORTEST} characters may be enough; see: bridge rules history"
        )
    query = select(RuleSetRow.hash).where(RuleSetRow.hash.startswith(text))
    found = session.scalars(query.order_by(RuleSetRow.hash).limit(_SHOWN + 1)).all()
    if not found:
        raise Unresolved(
            f"no set was ever active whose hash begins {text}; see: bridge rules history"
        )
    if len(found) > 1:
        shown = ", ".join(found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
        raise Unresolved(f"{text} may be {shown}: say more of the hash", meant=found)
    return found[0]


def whole(session: Session, version: str) -> RuleSetRow:
    """A set by its whole hash, as `resolve` gives it."""
    return session.get_one(RuleSetRow, version)


def activations(session: Session, version: str) -> Sequence[ActivationRow]:
    """When a set was made the active one, the newest first."""
    query = select(ActivationRow).where(ActivationRow.hash == version)
    return session.scalars(query.order_by(ActivationRow.seq.desc())).all()


def _there(found: str | None, otherwise: str) -> str:
    if found is None:
        raise Unresolved(otherwise)
    return found
