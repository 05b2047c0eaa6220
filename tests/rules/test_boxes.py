"""What a condition is read as: it holds for exactly the records that one of its boxes takes."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.canonical.kind import standard
from bridge.rules.review.boxes import Box, Space
from bridge.rules.tree import Node
from bridge.rules.world import Worlds
from rules.fakes import loaded, rule

MAPS = {"priority": {"critical": "Highest", "high": "High"}}
WORLDS = Worlds(standard(), MAPS)
WORLD = WORLDS.world("feedback", None)
SPACE = Space(schema=WORLDS.schema, variables=WORLD.variables, tables=MAPS)
RECORDS: list[Mapping[str, Any]] = [
    {"severity": severity, "score": score, "requested": requested}
    for severity, score, requested in product(
        (None, "critical", "high", "medium", "low"),
        (None, 1.0, 1.5, 2.0, 3.0, 4.5, 5.0),
        (None, True, False),
    )
]
KIND = WORLD.variables["feedback"]
BINDINGS = [
    WORLD.scope.bind(
        {"feedback": WORLDS.schema.message(KIND, one), "maps.priority": MAPS["priority"]}
    )
    for one in RECORDS
]

WORDS = st.sampled_from(["critical", "high", "medium", "low"])
NUMBERS = st.sampled_from(["1.0", "2.0", "3.0", "5.0"])
TERMS = st.one_of(
    WORDS.map('feedback.severity == "{}"'.format),
    st.lists(WORDS, min_size=1).map(lambda words: f"feedback.severity in {words}"),
    st.just("(has(feedback.severity) && feedback.severity in maps.priority)"),
    st.sampled_from(["score", "severity", "requested"]).map("has(feedback.{})".format),
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS).map(
        lambda pair: f"(has(feedback.score) && feedback.score {pair[0]} {pair[1]})"
    ),
    st.tuples(NUMBERS, st.sampled_from(["<", "<=", ">", ">="])).map(
        lambda pair: f"(has(feedback.score) && {pair[0]} {pair[1]} feedback.score)"
    ),
    st.sampled_from(["feedback.requested == true", "feedback.requested == false"]),
    st.sampled_from(["true", "1 < 2", '"a" == "b"']),
)
CONDITIONS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("({0[0]} && {0[1]})".format),
        st.tuples(inner, inner).map("({0[0]} || {0[1]})".format),
        inner.map("!({})".format),
        st.tuples(inner, inner, inner).map("({0[0]} ? {0[1]} : {0[2]})".format),
    ),
    max_leaves=8,
)


@pytest.fixture
def tree() -> Node:
    """A condition with a part that nobody can read."""
    condition = 'feedback.severity == "high" && has(feedback.title) && feedback.title.contains("x")'
    (found,) = loaded(rule(condition=condition)).rules
    assert found.condition is not None
    return found.condition.whole.root


def taken(box: Box, record: Mapping[str, Any]) -> bool:
    """Does a record meet all that a box asks?"""
    for name, domain in box.fields.items():
        value = record[name[1]]
        if not (domain.absent if value is None else domain.takes(value)):
            return False
    return True


@given(text=CONDITIONS)
def test_a_condition_holds_for_the_records_that_a_box_takes_and_for_no_others(text: str) -> None:
    condition = WORLD.scope.compile(text)

    boxes = SPACE.boxes(condition.root)
    otherwise = SPACE.boxes(condition.root, holds=False)

    if all(box.sure for box in (*boxes, *otherwise)):
        for record, binding in zip(RECORDS, BINDINGS, strict=True):
            holds = condition.evaluate(binding)
            assert any(taken(box, record) for box in boxes) is holds, (text, record)
            assert any(taken(box, record) for box in otherwise) is not holds, (text, record)


@given(one=CONDITIONS, other=CONDITIONS)
def test_two_conditions_hold_together_for_the_records_that_both_take(one: str, other: str) -> None:
    both = WORLD.scope.compile(f"({one}) && ({other})")

    boxes = SPACE.meet(
        SPACE.boxes(WORLD.scope.compile(one).root), SPACE.boxes(WORLD.scope.compile(other).root)
    )

    for record, binding in zip(RECORDS, BINDINGS, strict=True):
        if both.evaluate(binding) is True:
            assert boxes, (one, other, record)


def test_what_nobody_can_read_is_granted_or_not_but_never_both(tree: Node) -> None:
    boxes = SPACE.boxes(tree)

    assert [box.sure for box in boxes] == [False]
    assert SPACE.meet(boxes, SPACE.boxes(tree, holds=False)) == ()


def test_a_condition_of_very_many_ways_is_not_read() -> None:
    one = 'feedback.{}.contains("{}")'.format
    some = " && ".join(f"({one('title', n)} || {one('body', n)})" for n in range(9))

    boxes = SPACE.boxes(WORLD.scope.compile(some).root)

    assert [box.sure for box in boxes] == [False]
    assert boxes[0].fields == {}
