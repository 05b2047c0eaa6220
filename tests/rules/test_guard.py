"""Absent is absent: an optional field that nothing guards is not compared, whatever the operator."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bridge.canonical.kind import standard
from bridge.rules.decision import Answer
from bridge.rules.descriptors import Field, Schema
from rules.fakes import NOW, decided, event, loaded, many, matched, problems, refusals, rule

SAMPLES = {"text": '"x"', "number": "1.0", "whole": "1", "flag": "true", "time": "now"}
COMPARED = ("{f} == {v}", "{f} != {v}", "!({f} == {v})", "({f} == {v}) == false", "{v} == {f}")
ORDERED = ("{f} < {v}", "{f} <= {v}", "{f} > {v}", "{f} >= {v}", "{v} > {f}", "!({f} < {v})")
OPERATORS = {
    "text": (
        *COMPARED,
        *ORDERED,
        "{f} in [{v}]",
        "!({f} in [{v}])",
        "{v} in [{f}]",
        "{f}.startsWith({v})",
        "!{f}.contains({v})",
        "size({f}) == 0",
        '{f} + "x" == "x"',
        "maps.priority[{f}] == {v}",
        "{f} in maps.priority",
        "[{v}].all(x, x != {f})",
        "[{f}].exists(x, x != {v})",
        "({f} == {v} ? false : true)",
        'dyn({f}) != "x"',
    ),
    "number": (*COMPARED, *ORDERED, "{f} + 1.0 < 5.0", "-{f} < 5.0", "int({f}) == 0"),
    "whole": (*COMPARED, *ORDERED, "{f} % 2 == 0"),
    "flag": (*COMPARED, "{f}", "!{f}", "{f} || true", "({f} ? false : true)"),
    "time": (
        *COMPARED,
        *ORDERED,
        "now - {f} > duration('1h')",
        "{f}.getFullYear() == 1970",
        "{f} + duration('1h') < now",
        'string({f}) != "x"',
    ),
    "list": (
        "size({f}) == 0",
        '!("x" in {f})',
        '"x" in {f}',
        '{f}.all(x, x == "x")',
        '{f}.exists(x, x == "x")',
        '!{f}.exists(x, x == "x")',
        "{f} == []",
        "{f}.map(x, x).size() == 0",
    ),
    "any": (),
    "sure": (),
}


def _optional(schema: Schema, kind: str, name: str, message: str) -> Iterator[tuple[str, Field]]:
    """Every optional plain field or list under a record, nested ones too."""
    for field, item in schema.fields[message].items():
        if item.type == "message":
            yield from _optional(schema, kind, f"{name}.{field}", item.message)
        else:
            yield f"{name}.{field}", item


def _cases() -> Iterator[tuple[str, str, str]]:
    schema = Schema()
    for kind in standard():
        message = schema.add_model(kind.model)
        for variable in (kind.name, "before") if kind.name == "alert" else (kind.name,):
            for path, item in _optional(schema, kind.name, variable, message):
                for operator in OPERATORS[item.type]:
                    value = f'"{item.choices[0]}"' if item.choices else SAMPLES.get(item.type, "")
                    yield kind.name, path, operator.format(f=path, v=value)


CASES = tuple(_cases())


def test_the_cases_cover_every_optional_field_of_every_kind() -> None:
    schema = Schema()
    named = {
        path
        for kind in standard()
        for path, _ in _optional(schema, kind.name, kind.name, schema.add_model(kind.model))
    }

    assert {path for _, path, _ in CASES} >= named
    assert {path.count(".") for path in named} == {1, 2}
    assert len(CASES) > 1_000


@pytest.mark.parametrize("kind", [kind.name for kind in standard()])
def test_without_a_guard_it_does_not_load_or_is_false_for_an_absent_value(kind: str) -> None:
    asked = [expression for about, _, expression in CASES if about == kind]
    refused = refusals(asked, when=f"{kind}.created")
    taken = [expression for expression in asked if expression not in refused]

    assert all("may have no value; write " in said for said in refused.values())
    assert all("!" not in e and "<" not in e and ">" not in e and "now" not in e for e in taken)
    assert (
        matched(loaded(many(taken, when=f"{kind}.created")), event({}, kind=f"{kind}.created"))
        == []
    )


@pytest.mark.parametrize("kind", [kind.name for kind in standard()])
def test_with_a_guard_it_loads_and_does_not_match_an_absent_value(kind: str) -> None:
    asked = [
        guarded
        for about, path, expression in CASES
        if about == kind
        for guarded in (f"has({path}) && ({expression})", f"({expression}) && has({path})")
        if kind == "feedback" or guarded.startswith("has(")
    ]
    rules = loaded(many(asked, when=f"{kind}.created"))

    assert len(rules.rules) == len(asked)
    assert matched(rules, event({}, kind=f"{kind}.created")) == []


@pytest.mark.parametrize(
    ("condition", "offered"),
    [
        ("feedback.score <= 6.0", "write has(feedback.score) && feedback.score <= 6.0"),
        ("feedback.promised < now", "write has(feedback.promised) && feedback.promised < now"),
        ('feedback.severity != "low"', 'has(feedback.severity) && feedback.severity != "low"'),
        ('feedback.customer.name.startsWith("A")', "has(feedback.customer.name) && "),
        ("!feedback.requested", "write feedback.requested == false"),
        ("feedback.severity == null", "write has(feedback.severity) or !has(feedback.severity)"),
        ("dyn(feedback).score < 3.0", "`feedback` is a whole record"),
        ("[feedback.customer][0].value < 3.0", "`feedback.customer` is a whole record"),
        ("feedback == before", "`before` is a whole record"),
        ("feedback.severity == before.severity", "has(feedback.severity) && "),
        ('feedback.severity == "urgent"', '`feedback.severity` is never "urgent"'),
        ('feedback.severity in ["critcal"]', "did you mean `critical`?"),
    ],
)
def test_the_message_shows_what_to_write(condition: str, offered: str) -> None:
    assert any(offered in found for found in problems(rule(condition=condition)))


@pytest.mark.parametrize(
    "condition",
    [
        'feedback.severity in ["critical", "high"] && has(feedback.product)',
        "!has(feedback.score) || feedback.score < 6.0",
        "has(feedback.score) ? feedback.score < 6.0 : false",
        "!has(feedback.score) ? true : feedback.score < 6.0",
        'feedback.severity == "high" && maps.priority[feedback.severity] == "High"',
        "feedback.?score.orValue(0.0) < 3.0",
        "changed.severity && has(before.score) && before.score > 1.0",
        "has(feedback.promised) && now - feedback.promised > duration('1h')",
        'event.origin == "webhook" && event.occurred_at < now',
        "feedback.severity == before.severity || has(feedback.product)",
    ],
)
def test_what_is_guarded_loads(condition: str) -> None:
    if "before.severity ||" in condition:
        condition = f"has(before.severity) && ({condition})"

    assert problems(rule(condition=condition)) == []


def test_a_guard_in_one_branch_does_not_serve_the_other() -> None:
    assert problems(rule(condition="has(feedback.score) || feedback.score < 6.0"))
    assert problems(rule(condition="has(feedback.score) ? true : feedback.score < 6.0"))


def test_a_loop_variable_does_not_borrow_a_guard() -> None:
    condition = 'has(feedback.title) && ["a"].exists(x, feedback.body != x)'

    assert "`feedback.body` may have no value" in problems(rule(condition=condition))[0]


def test_a_value_that_is_there_is_compared() -> None:
    rules = loaded(rule(condition="has(feedback.promised) && feedback.promised < now"))
    past = datetime(2026, 1, 1, tzinfo=UTC).isoformat()

    assert decided(rules, event({"promised": past})).answer is Answer.MATCHED
    assert decided(rules, event({"promised": None})).answer is Answer.NO_MATCH
    assert decided(rules, event({"promised": NOW.isoformat()})).answer is Answer.NO_MATCH
