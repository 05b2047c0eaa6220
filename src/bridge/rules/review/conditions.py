"""Conditions that are the same whatever happens, whole or in part."""

from collections.abc import Iterator
from itertools import combinations

from bridge.rules.guard import flat
from bridge.rules.problem import Problem
from bridge.rules.review.boxes import ANYTHING, Box, Space
from bridge.rules.review.situations import Situation
from bridge.rules.ruleset import Site
from bridge.rules.show import show
from bridge.rules.sources import Source
from bridge.rules.tree import Call, Node, Select
from bridge.rules.vendor import VARIABLE

NEVER = {"rule": "never acts", "step": "is never done", "source": "takes no record"}
INSTEAD = {
    "rule": "to switch a rule off take it out, or say `mode: observe`",
    "step": "take the step out, or change its condition",
    "source": "take the source out, or change its condition",
}


def of_rule(one: Situation) -> Iterator[Problem]:
    """Of a rule and its steps."""
    whole = one.rule.condition
    if whole is not None:
        yield from _judged(whole.whole.root, whole.site, one.space, given=one.asked, what="rule")
    for step in one.rule.steps:
        if step.condition is not None and one.acting:
            inner = step.condition
            yield from _judged(
                inner.whole.root, inner.site, one.space, given=one.acting, what="step"
            )


def of_source(source: Source, site: Site) -> Iterator[Problem]:
    """Of what a source takes at all; nobody told us the vendor's words."""
    only = source.only
    if only is not None:
        space = Space(schema=only.schema, variables={VARIABLE: only.message}, tables={})
        place = Site(site.document, (*site.path, "only"))
        yield from _judged(only.expression.root, place, space, given=ANYTHING, what="source")


def _judged(
    root: Node, site: Site, space: Space, *, given: tuple[Box, ...], what: str
) -> Iterator[Problem]:
    document, path = site.document, site.path
    if not space.meet(given, space.boxes(root)):
        at, why = _contradiction(root, space, given)
        yield document.text_problem(path, at, f"this {what} {NEVER[what]}: {why}; {INSTEAD[what]}")
        return
    if not space.meet(given, space.boxes(root, holds=False)):
        text = f"this condition always holds; leave `{path[-1]}` out"
        yield document.text_problem(path, 0, text).warning()
        return
    for term, text in _terms(root, space, given):
        yield document.text_problem(path, start(term), text).warning()


def _contradiction(root: Node, space: Space, given: tuple[Box, ...]) -> tuple[int, str]:
    """Which part cannot hold, or which two cannot together; and where that is said."""
    terms = flat(root, "_&&_")
    for term in terms:
        if not space.boxes(term):
            return start(term), f"`{show(term)}` is true of nothing"
    for one, other in combinations(terms, 2):
        if not space.meet(space.boxes(one), space.boxes(other)):
            said = f"`{show(one)}` and `{show(other)}` are never true together"
            return start(other), said
    for term in terms:
        if not space.meet(given, space.boxes(term)):
            return start(term), f"`{show(term)}` is true of none of the events it is asked about"
    return 0, "its parts are never true together"


def _terms(root: Node, space: Space, given: tuple[Box, ...]) -> Iterator[tuple[Node, str]]:
    """Alternatives that never hold, and requirements that always do."""
    either, both = flat(root, "_||_"), flat(root, "_&&_")
    for term in either if len(either) > 1 else ():
        if not space.meet(given, space.boxes(term)):
            yield term, f"`{show(term)}` never holds here; take it out or mend it"
    for term in both if len(both) > 1 else ():
        if not space.meet(given, space.boxes(term, holds=False)):
            yield term, f"`{show(term)}` always holds here; leave it out"


def start(node: Node) -> int:
    """The first character of a term: a call's own place is that of its sign."""
    match node:
        case Select(operand=operand) if not node.test:
            return start(operand)
        case Call(function=name, args=(first, *_)) if name.startswith("_") or name == "@in":
            return min(node.at, start(first))
        case _:
            return node.at
