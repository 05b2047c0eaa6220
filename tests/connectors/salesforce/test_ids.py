"""Ids of 15 and 18 characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.salesforce import CONNECTOR
from bridge.connectors.salesforce.ids import full_id, is_id, same_id
from bridge.errors import Malformed

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("00DHs000000abcd", "00DHs000000abcdAAA"[:15] + "MAA"),
        ("500Wq00000KfLmN", "500Wq00000KfLmNIAV"),
        ("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaAAA"),
        ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
        ("000000000000000", "000000000000000AAA"),
    ],
)
def test_the_checksum_tells_which_characters_are_capitals(short: str, full: str) -> None:
    assert full_id(short) == full
    assert full_id(full) == full


@given(st.text(LETTERS, min_size=15, max_size=15))
def test_an_id_and_its_long_form_are_the_same_and_case_counts(short: str) -> None:
    assert same_id(short, full_id(short))
    assert same_id(short, short.swapcase()) is (short == short.swapcase())
    assert len({full_id(short).upper(), full_id(short.swapcase()).upper()}) == (
        1 if short == short.swapcase() else 2
    )


@pytest.mark.parametrize("shown", ["005Wq00000AbCdE", full_id("005Wq00000AbCdE")])
def test_an_account_is_found_by_either_form_of_its_id(shown: str) -> None:
    assert CONNECTOR.spellings(shown) == (full_id("005Wq00000AbCdE"), "005Wq00000AbCdE")
    assert CONNECTOR.spellings("anna@example.com") == ("anna@example.com",)


@pytest.mark.parametrize(
    "text", ["", "500", "500Wq00000KfLmN/", "//evil/x", "500Wq00000KfLmNI", "５00Wq00000KfLmN"]
)
def test_other_text_is_no_id(text: str) -> None:
    assert not is_id(text)
    assert not same_id(text, text)
    with pytest.raises(Malformed):
        full_id(text)
