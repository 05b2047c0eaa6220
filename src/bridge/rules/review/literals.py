"""Constants inside expressions that can never be read: a time, a length of time, a pattern."""

from collections.abc import Iterator

from bridge.rules.expression import Failure, Scope
from bridge.rules.problem import Problem
from bridge.rules.review.conditions import start
from bridge.rules.review.words import expressions
from bridge.rules.ruleset import Rule
from bridge.rules.show import show
from bridge.rules.tree import Call, Const, Node, children

REMEDY = {
    "timestamp": 'write it as timestamp("2026-01-31T00:00:00Z")',
    "duration": 'write it in hours, minutes and seconds, as duration("36h")',
    "matches": "mend the pattern, or use contains",
}


def of_rule(rule: Rule) -> Iterator[Problem]:
    """The rule would fail for every event that comes so far."""
    for site, offset, root in expressions(rule):
        for node in _unreadable(rule.world.scope, root):
            last = node.args[-1]
            text = f"{show(last)} cannot be read by {node.function}; {REMEDY[node.function]}"
            yield site.document.text_problem(site.path, offset + start(last), text)


def _unreadable(scope: Scope, node: Node) -> Iterator[Call]:
    if isinstance(node, Call) and node.function in REMEDY and isinstance(node.args[-1], Const):
        tried = (
            node
            if node.function != "matches"
            else Call(0, "matches", (Const(0, ""), node.args[-1]))
        )
        if isinstance(scope.compile(show(tried)).evaluate(scope.bind({})), Failure):
            yield node
    for child in children(node):
        yield from _unreadable(scope, child)
