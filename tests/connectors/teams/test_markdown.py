"""Foreign text in a card."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.teams.markdown import MARKER, cost, cut, edge, escaped, link, one_line, plain
from bridge.connectors.teams.simulator.shown import as_text


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("[pay here](https://evil.example)", r"\[pay here\](https://evil.example)"),
        ("<at>Dana Reyes</at>", r"\<at\>Dana Reyes\</at\>"),
        ("**bold** _it_ `code`", r"\*\*bold\*\* \_it\_ \`code\`"),
        ("a\\*b", r"a\\\*b"),
        ("# head", r"\# head"),
        ("- item", r"\- item"),
        ("  + item", r"  \+ item"),
        ("12. item", r"12\. item"),
        ("3) item", r"3\) item"),
        ("a-b #1 c. 2", "a-b #1 c. 2"),
        ("AT&T", "AT&T"),
        ("&lt;at&gt;", r"\&lt;at\&gt;"),
        ("one\n- two", "one\n\n\\- two"),
        ("客户反馈 🚀", "客户反馈 🚀"),
    ],
)
def test_nothing_a_reporter_writes_can_act(foreign: str, shown: str) -> None:
    assert escaped(foreign) == shown


@given(st.text())
def test_escaped_text_is_read_as_it_was_written(text: str) -> None:
    clean = plain(text)

    assert as_text(escaped(clean)) == clean


@given(st.text(alphabet="[]()<>*_`~\\at/ \n-#1.&;x", max_size=60))
def test_no_mark_stands_unescaped(text: str) -> None:
    unescaped = re.sub(r"\\[!-/:-@\[-`{-~]", "x", escaped(plain(text)))

    assert not re.search(r"[\[\]*_<>`~\\]|^\s*([-+#]|\d+[.)])", unescaped, re.MULTILINE)


def test_control_characters_and_lone_surrogates_are_gone() -> None:
    clean = plain("a\x00b\x07c\ud800\r\n\r\nd\u2028e  ")

    assert clean.encode()[-4:] == b"\nd\ne"
    assert "\x00" not in clean
    assert "\x07" not in clean
    assert one_line(" a\n\tb ") == "a b"


def test_an_address_cannot_leave_its_link() -> None:
    made = link("Case ](x)", "https://a.example/x)[evil](https://b.example")

    assert made == r"[Case \](x)](https://a.example/x%29%5Bevil%5D%28https://b.example)"


FAMILY = "👨\u200d👩\u200d👧"
FLAGS = "🇩🇪🇨🇳🇪🇸"


@pytest.mark.parametrize(
    ("text", "asked", "given_"),
    [
        ("abc", 2, 2),
        (FAMILY + "x", 1, 0),
        (FAMILY + "x", 4, 0),
        (FAMILY + "x", 5, 5),
        ("e\u0301x", 1, 0),
        ("👍🏽x", 1, 0),
        ("☺\ufe0fx", 1, 0),
        (FLAGS, 1, 0),
        (FLAGS, 3, 2),
        (FLAGS, 4, 4),
        ("\u1112\u1161\u11ab", 2, 0),
        ("客户", 1, 1),
    ],
)
def test_a_cut_is_never_inside_a_letter(text: str, asked: int, given_: int) -> None:
    assert edge(text, asked) == given_


def test_an_endless_letter_is_cut_all_the_same() -> None:
    assert edge("e" + "\u0301" * 500, 300) == 300


@given(
    st.text(alphabet=st.sampled_from('ab客户🚀*_[]\\<\n"\u0301\u200d👨🇩🇪1. ')) | st.text(),
    st.integers(min_value=40, max_value=400),
)
def test_a_cut_text_keeps_to_its_bytes_and_is_a_start_of_the_whole(text: str, limit: int) -> None:
    clean = plain(text)
    short = cut(clean, limit)

    assert cost(short) <= limit
    assert short == clean or (short.endswith(MARKER) and clean.startswith(short[: -len(MARKER)]))
    assert len(json.dumps(escaped(short), ensure_ascii=False).encode()) - 2 == cost(short)
    assert as_text(escaped(short)) == short


def test_a_cut_uses_the_room_it_has() -> None:
    assert cost(cut("客" * 1_000, 200)) > 195
