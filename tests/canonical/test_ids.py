"""Ids from facts are uuids of version 5 in base32, however they are made."""

import base64
import uuid

from hypothesis import given
from hypothesis import strategies as st

from bridge.canonical.ids import NAMESPACE, stable_id

PARTS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4)


@given(PARTS)
def test_a_stable_id_is_the_uuid_of_its_parts(parts: list[str]) -> None:
    number = uuid.uuid5(NAMESPACE, "\x1f".join(("evt", *parts)))
    text = base64.b32encode(number.bytes).decode().rstrip("=").lower()

    assert stable_id("evt", *parts) == f"evt_{text}"
