"""Opaque, URL-safe ids made from facts, so that the same fact has the same id on every node."""

import uuid
from hashlib import sha1
from itertools import product

NAMESPACE = uuid.UUID("6f0a3f52-8f2b-5c39-9d0e-2b1f6a7f9c11")
_SEPARATOR = "\x1f"  # cannot stand in a vendor's id, so ("a:b", "c") and ("a", "b:c") differ
_SALT = sha1(NAMESPACE.bytes, usedforsecurity=False)
_VERSION, _VARIANT = 5 << 76, 2 << 62  # where a uuid5 says what it is, over the bits that it clears
_CLEARED = ~(0xF << 76 | 3 << 62)
_PAIRS = tuple(map("".join, product("abcdefghijklmnopqrstuvwxyz234567", repeat=2)))
_SHIFTS = range(120, -1, -10)  # of each ten bits, which are two characters


def stable_id(prefix: str, *parts: str) -> str:
    """`evt_mzxw6ytboi…`: a uuid5 of the parts, 26 lower-case base32 characters behind a prefix.

    Several for each event, so it is made here: the library takes twice as long.
    """
    digest = _SALT.copy()
    digest.update(_SEPARATOR.join((prefix, *parts)).encode("utf-8"))
    number = int.from_bytes(digest.digest()[:16], "big")
    return f"{prefix}_{_text(number & _CLEARED | _VERSION | _VARIANT)}"


def random_id(prefix: str) -> str:
    """The same form from a random number, for what has no fact behind it (a replay, a plan)."""
    return f"{prefix}_{_text(uuid.uuid4().int)}"


def _text(number: int) -> str:
    """In base32, as RFC 4648 has it but lower-case and without its padding."""
    bits = number << 2  # 130 of them: 26 characters of five
    return "".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])
