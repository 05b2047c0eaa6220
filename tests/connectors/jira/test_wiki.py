"""Foreign text in a wiki field shows as it was written and does nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.jira.wiki import MAX_LINE, MAX_TEXT, label, long_text, one_line, wiki_escape

SIGNS = st.text(alphabet="\\{[!*|_-+^~?h1bq. \nab", max_size=30)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("plain words, 5 * 3", "plain words, 5 \\* 3"),
        ("[~accountid:1]", "\\[\\~accountid:1]"),
        ("!http://x/y.png!", "\\!http://x/y.png\\!"),
        ("{code}x{code}", "\\{code}x\\{code}"),
        ("h1. Big\nbq. said", "h1\\. Big\nbq\\. said"),
        ("-gone- but e-mail", "\\-gone- but e-mail"),
        ("snake_case_name", "snake_case_name"),
        ("||a||b", "\\||a||b"),
        ("- one\n# two", "- one\n# two"),
        ("C:\\temp", "C:\\temp"),
        ("\\[~accountid:1]", "&#92;\\[\\~accountid:1]"),
        ("\\\\server", "&#92;\\server"),
        ("??said??", "\\?\\?said\\?\\?"),
        ("路由器 🚀", "路由器 🚀"),
    ],
    ids=range(14),
)
def test_marks_are_disarmed_and_words_are_left(said: str, written: str) -> None:
    assert wiki_escape(said) == written


@given(SIGNS)
def test_no_macro_link_image_or_star_is_left_unescaped(said: str) -> None:
    """A sign is disarmed by one backslash; two of them would be a line break and the sign again."""
    for found in re.finditer(r"(\\*)[{\[!*]", wiki_escape(said)):
        assert found.group(1) == "\\"


@given(st.text(max_size=60))
def test_nothing_of_the_text_is_lost(said: str) -> None:
    written = wiki_escape(said)

    assert re.sub(r"\\(?=[{\[!*_\-+^~?.|])", "", written).replace("&#92;", "\\") == re.sub(
        r"\\(?=[{\[!*_\-+^~?.|])", "\\\\", said
    ).replace("&#92;", "\\")


def test_our_own_markup_is_left_as_it_is() -> None:
    assert long_text("*bold*", markup="wiki") == "*bold*"
    assert long_text("*bold*", markup="text") == "\\*bold\\*"


@pytest.mark.parametrize("sign", ["x", "路", "🚀", "!"])
def test_long_text_is_cut_where_jira_cuts(sign: str) -> None:
    written = long_text(sign * 40_000, markup="text")

    assert len(written.encode("utf-16-le")) // 2 <= MAX_TEXT
    assert written.endswith("… [cut]")
    assert long_text("y" * MAX_TEXT, markup="text") == "y" * MAX_TEXT


def test_a_summary_is_one_line_of_255_signs() -> None:
    assert one_line(" two\r\nlines\x00 ") == "two lines\N{REPLACEMENT CHARACTER}"
    assert one_line("x" * 255) == "x" * 255
    assert len(one_line("🚀" * 255).encode("utf-16-le")) // 2 <= MAX_LINE


def test_a_label_holds_no_spaces() -> None:
    assert label(" from  a\tcustomer ") == "from-a-customer"
    assert len(label("x" * 300)) == MAX_LINE
