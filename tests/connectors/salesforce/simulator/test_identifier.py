"""Ids: the suffix that survives a change of case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.salesforce.simulator.identifier import canonical, lengthened, record_id


def test_a_documented_id_has_its_suffix() -> None:
    assert lengthened("500Hs00001abcDE") == "500Hs00001abcDEIAY"


@given(st.integers(min_value=0, max_value=62**9 - 1))
def test_an_id_survives_losing_its_case(serial: int) -> None:
    made = record_id("500", serial)

    assert canonical(made[:15]) == made
    assert canonical(made.upper()) == made
    assert canonical(made.lower()) == made


@given(st.integers(min_value=0, max_value=10_000), st.integers(min_value=0, max_value=10_000))
def test_two_records_have_two_ids(first: int, second: int) -> None:
    assert (record_id("500", first) == record_id("500", second)) is (first == second)


@pytest.mark.parametrize("text", ["", "500", "500Hs00001abcD!", "500Hs00001abcDEI", "5" * 19])
def test_what_is_no_id_is_refused(text: str) -> None:
    assert canonical(text) is None
