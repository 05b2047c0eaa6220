"""The marker goes where the person stands, and nowhere else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.erasure.eraser import Eraser
from bridge.erasure.person import meant

MAIL, NAME = "anna.o'neil@example.com", "Zoé O'Neil"
ACCOUNT = "712020:6f0a3f52-8f2b-5c39-9d0e-2b1f6a7f9c11"
CONTACT = "003000000000001AAA"
M = "erased_x"


@pytest.fixture(scope="module")
def eraser() -> Eraser:
    return Eraser(meant([MAIL, NAME, ACCOUNT, CONTACT, "support"], []), M)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{NAME} called", f"{M} called"),
        ("zoé  o'neil.Then", f"{M}.Then"),
        ("mail to ANNA.O'Neil@example.com.", f"mail to {M}."),
        (f"<{MAIL}>", f"<{M}>"),
        (f"[~accountid:{ACCOUNT}]", f"[~accountid:{M}]"),
        ("/003000000000001AAA/view", f"/{M}/view"),
        ("?id=003000000000001", f"?id={M}"),
        ("user=712020%3A6f0a3f52-8f2b-5c39-9d0e-2b1f6a7f9c11", f"user={M}"),
        ("q=anna.o%27neil%40example.com", f"q={M}"),
        ("&lt;Zo\u00e9 O&#x27;Neil&gt;", f"&lt;{M}&gt;"),
    ],
)
def test_a_person_in_a_text_is_erased(eraser: Eraser, before: str, after: str) -> None:
    assert eraser.text(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "joanna.o'neil@example.com",
        "x.anna.o'neil@example.com",
        "anna.o'neil@example.com.au",
        "Zoé O'Neilson",
        "x712020:6f0a3f52-8f2b-5c39-9d0e-2b1f6a7f9c11",
        "003000000000001AAB",
        "003000000000001aaa",
        "ask support",
        "O'Neil",
    ],
)
def test_somebody_else_is_not(eraser: Eraser, text: str) -> None:
    assert eraser.text(text) == text


def test_a_doubtful_word_goes_only_where_people_are_named(eraser: Eraser) -> None:
    value = {
        "name": "support",
        "team": "support",
        "labels": ["support"],
        "author": {"id": "Support"},
    }

    assert eraser.value(value) == {
        "name": M,
        "team": "support",
        "labels": ["support"],
        "author": {"id": M},
    }
    assert eraser.value("support") == M
    assert eraser.text('{"name": "support", "support": 1}') == f'{{"name": "{M}", "support": 1}}'
    assert eraser.text(r"\"name\":\"support\"") == rf"\"name\":\"{M}\""


@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_json_body_stays_json(eraser: Eraser, *, ascii_only: bool) -> None:
    body = {
        "text": f"hello\n{NAME}\tand {MAIL}",
        "user": {"accountId": ACCOUNT, "displayName": NAME, "n": 1.50},
        MAIL: [None, True],
    }
    raw = json.dumps(body, ensure_ascii=ascii_only).encode()

    assert json.loads(eraser.body(raw)) == {
        "text": f"hello\n{M}\tand {M}",
        "user": {"accountId": M, "displayName": M, "n": 1.50},
        M: [None, True],
    }


def test_json_inside_a_text_inside_json_is_erased(eraser: Eraser) -> None:
    exchange = {"request": json.dumps({"reporter": {"accountId": ACCOUNT}, "body": f"\n{NAME}"})}

    assert json.loads(eraser.value([exchange])[0]["request"]) == {
        "reporter": {"accountId": M},
        "body": f"\n{M}",
    }


@given(st.binary(max_size=60))
def test_bytes_that_are_no_text_stay_as_they_are(eraser: Eraser, noise: bytes) -> None:
    assert eraser.body(noise) == noise
    assert eraser.body(noise + b" <" + MAIL.encode() + b"> " + noise) == (
        noise + b" <" + M.encode() + b"> " + noise
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=6,
    )
)
def test_values_without_the_person_stay_and_erasing_twice_is_erasing_once(
    eraser: Eraser, value: Any
) -> None:
    assert eraser.value(value) == value
    mixed = {"a": value, "email": MAIL, "text": f"by {NAME}"}
    once = eraser.value(mixed)
    assert once == {"a": value, "email": M, "text": f"by {M}"}
    assert eraser.value(once) == once
