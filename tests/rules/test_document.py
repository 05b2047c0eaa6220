"""YAML as people mean it: values, places, and the traps refused with the quoted form offered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.document import Place, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("yes", "yes"),
        ("012", "012"),
        ("12", 12),
        ("-3", -3),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("''", ""),
        ("'12'", "12"),
        ("2026-11-23", "2026-11-23"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
    ],
)
def test_a_plain_scalar_is_what_people_mean(text: str, value: object) -> None:
    document, problems = read("f.yaml", f"a: {text}\n")

    assert problems == ()
    assert document is not None
    assert document.value == {"a": value}
    assert type(document.value["a"]) is type(value)


@pytest.mark.parametrize("key", ["on", "no", "012", "true", "null", "1.0"])
def test_keys_stay_as_they_are_written(key: str) -> None:
    document, _ = read("f.yaml", f"{key}: 1\n")

    assert document is not None
    assert document.value == {key: 1}


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("if: !feedback.closed", 5, "quote it: if: '!feedback.closed'"),
        ("if: &feedback == 1", 5, "quote it: if: '&feedback == 1'"),
        ("if: *feedback", 5, "quote it: if: '*feedback'"),
        (
            'if: "critical" in feedback.labels',
            16,
            """quote it: if: '"critical" in feedback.labels'""",
        ),
        ("if: [1].exists(x, x > 0)", 8, "quote it: if: '[1].exists(x, x > 0)'"),
        ('if: {"a": 1}["a"] == 1', 13, """quote it: if: '{"a": 1}["a"] == 1'"""),
        ('if: has(a.b) ? "x" : "y"', 20, """quote it: if: 'has(a.b) ? "x" : "y"'"""),
        ("if: @x", 5, "quote it: if: '@x'"),
        ("facts: {Severity: ${feedback.severity}}", 20, "needs quotes"),
        ("a: !!str 1", 4, "is a tag"),
        ("a: 1\na: 2", 1, "`a` stands twice"),
        ("<<: {a: 1}", 1, "merges are not read"),
        ("? [a]\n: 1", 3, "a key is plain text"),
        ("---\na: 1\n---\nb: 1", 1, "one document a file"),
    ],
)
def test_a_trap_is_refused_with_the_quoted_form(line: str, column: int, said: str) -> None:
    document, problems = read("rules/f.yaml", f"{line}\n")

    assert document is None
    assert said in problems[0].text
    assert problems[0].column == column
    assert str(problems[0]).startswith(f"rules/f.yaml:{problems[0].line}:{column}: ")


def test_a_tab_is_named() -> None:
    _, problems = read("f.yaml", "a:\n\t- 1\n")

    assert problems[0].text == "a tab indents this line; YAML wants spaces"
    assert (problems[0].line, problems[0].column) == (2, 1)


def test_every_duplicate_is_told() -> None:
    _, problems = read("f.yaml", "a: 1\na: 2\nb: {c: 1, c: 2}\n")

    assert [(problem.line, problem.column) for problem in problems] == [(2, 1), (3, 11)]


def test_too_deep_and_too_long_files_are_refused() -> None:
    _, deep = read("f.yaml", "[" * 60 + "]" * 60)
    _, long = read("f.yaml", "a: " + "x" * 1_000_001)

    assert "nested deeper" in deep[0].text
    assert "longer than" in long[0].text


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("a: hello world\n", 6, Place(1, 10)),
        ("a: 'hello world'\n", 6, Place(1, 11)),
        ('a: "say \\"hi\\" now"\n', 5, Place(1, 11)),
        ("a: |\n  one\n  two\n", 4, Place(3, 3)),
        ("a: >-\n  one\n  two three\n", 8, Place(3, 7)),
        ("a: 'é ü x'\n", 4, Place(1, 9)),
        ("a:\n  - b: {c: 'x y'}\n", 0, Place(2, 8)),
    ],
)
def test_a_character_is_found_in_the_file(text: str, offset: int, place: Place) -> None:
    document, _ = read("f.yaml", text)
    assert document is not None
    path: tuple[str | int, ...] = ("a", 0, "b") if "- b" in text else ("a",)

    assert document.inside(path, offset) == place


def test_a_comment_behind_a_plain_scalar_is_seen() -> None:
    document, _ = read("f.yaml", "a: x #y\nb: 'x' #y\nc: x#y\n")

    assert document is not None
    assert [document.comment_after((key,)) for key in "abc"] == ["#y", "", ""]


@given(st.text(max_size=80))
def test_any_text_is_a_document_or_a_problem(text: str) -> None:
    document, problems = read("f.yaml", text)

    assert (document is None) == bool(problems)
    assert all(problem.line > 0 and problem.column > 0 for problem in problems)
