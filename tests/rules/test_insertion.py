"""A test put into the text of a mapping file: it stands there, and nothing else has moved."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import RuleError
from bridge.rules import document
from bridge.rules.insertion import insert_test
from bridge.rules.yaml_text import block, flow
from rules.fakes import rule

TEST = {"name": "added", "given": {"event": "feedback.created"}, "expect": []}
BLOCK = """\
# what people wrote above
version: 1
rules:
  - id: r      # why it is
    tests:
      - name: one   # first
        given: {event: feedback.created}
        expect: []
        # a last word about one

  # about the next
  - id: other
    tests: [{name: x, given: {event: feedback.created}, expect: []}]   # on one line
"""


def test_it_stands_below_the_last_test_and_all_comments_stay() -> None:
    text, line = insert_test(BLOCK, "r", TEST)

    assert text == BLOCK.replace(
        "        expect: []\n        # a last",
        "        expect: []\n      - name: added\n        given: {event: feedback.created}\n"
        "        expect: []\n        # a last",
    )
    assert text.splitlines()[line - 1] == "      - name: added"


def test_a_list_on_one_line_gets_it_on_that_line() -> None:
    text, line = insert_test(BLOCK, "other", TEST)

    assert text.splitlines()[line - 1] == (
        "    tests: [{name: x, given: {event: feedback.created}, expect: []},"
        " {name: added, given: {event: feedback.created}, expect: []}]   # on one line"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("\n", "\r\n"),
        ("      - name: one", "      -\n        name: one"),
        ("        expect: []\n", "        expect:\n          - teams.post_card:\n              text: |\n                a\n                b\n\n"),
        ("        expect: []\n", "        expect:\n          - teams.post_card:\n              text: |+\n                a\n                b\n\n\n"),
        ("        expect: []\n", '        expect: [{teams.post_card: {title: "a\n          b"}}]\n'),
        ("    tests:\n      - name: one   # first\n        given: {event: feedback.created}\n        expect: []\n",
         "    tests:\n    - name: one\n      given: {event: feedback.created}\n      expect: []\n"),
        ("  - id: r      # why it is\n    tests:\n", "  - tests:\n"),
        ("version: 1", "version: 1   # ä → 日本 🙂"),
        ("(the end)", ""),
    ],
)  # fmt: skip
def test_in_every_layout_only_lines_are_added(old: str, new: str) -> None:
    text = BLOCK.replace(old, new)
    if text.startswith("# what") and "  - tests:" in text:
        text = text.replace("        # a last word about one\n", "    id: r\n")
    if old == "(the end)":
        text = BLOCK[: BLOCK.index("        # a last")].rstrip("\n")

    made, line = insert_test(text, "r", TEST)

    changes = [one[:2] for one in difflib.ndiff(text.splitlines(), made.splitlines())]
    assert set(changes) <= {"  ", "+ "}
    assert ("\r\n" in text) == ("\r\n" in made)
    assert made.count("\r") == (made.count("\n") if "\r" in text else 0)
    before, _ = document.read("a", text)
    after, problems = document.read("a", made)
    assert problems == ()
    assert before is not None
    assert after is not None
    assert after.value["rules"][0]["tests"] == [*before.value["rules"][0]["tests"], TEST]
    assert after.places["rules", 0, "tests", 1].line == line


@pytest.mark.parametrize("name", ["nobody", ""])
def test_a_rule_that_is_not_there_is_said(name: str) -> None:
    with pytest.raises(RuleError, match=f"no rule `{name}` with tests"):
        insert_test(rule(), name, TEST)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120)
    | st.sampled_from(["on", "012", "1e3", "~", "2026-01-01", "a #b", "a: b", "${x.y}", "- a", "!tag", "*a", "", " a", "a\nb\n"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(VALUES)
def test_what_is_written_is_read_back_as_the_same(value: object) -> None:
    lines, _ = document.read("a", block([{"v": value}], indent="      "))
    one, _ = document.read("a", f"[{flow({'v': value})}]\n")

    assert lines is not None
    assert one is not None
    assert lines.value == one.value == [{"v": value}]
