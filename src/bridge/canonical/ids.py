"""Opaque, URL-safe ids made from facts, so that the same fact has the same id on every node."""

import base64
import uuid

NAMESPACE = uuid.UUID("6f0a3f52-8f2b-5c39-9d0e-2b1f6a7f9c11")
_SEPARATOR = "\x1f"  # cannot stand in a vendor's id, so ("a:b", "c") and ("a", "b:c") differ


def stable_id(prefix: str, *parts: str) -> str:
    """`evt_mzxw6ytboi…`: a uuid5 of the parts, 26 lower-case base32 characters behind a prefix."""
    number = uuid.uuid5(NAMESPACE, _SEPARATOR.join((prefix, *parts)))
    return f"{prefix}_{_text(number)}"


def random_id(prefix: str) -> str:
    """The same form from a random number, for what has no fact behind it (a replay, a plan)."""
    return f"{prefix}_{_text(uuid.uuid4())}"


def _text(number: uuid.UUID) -> str:
    return base64.b32encode(number.bytes).decode("ascii").rstrip("=").lower()
