"""Comparisons of what an event says of itself with a word it never says."""

from collections.abc import Collection, Iterator, Mapping

from bridge.canonical.event import ActorKind, Origin
from bridge.canonical.timed import TIMED
from bridge.rules.people import UNATTRIBUTED, People
from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.review.lookups import placed
from bridge.rules.rule_loader import ACTS
from bridge.rules.ruleset import Rule, Site
from bridge.rules.tree import Call, Const, Items, Node, children, path

Words = Mapping[tuple[str, ...], Collection[str]]


def of_rule(rule: Rule, people: People) -> Iterator[Problem]:
    """Origins, kinds of event and of actors are few; a department is one that `people.yaml` names."""
    fixed: Words = {
        ("event", "kind"): [*(f"{rule.kind}.{act}" for act in ACTS), *_timed(rule.kind)],
        ("event", "origin"): [str(one) for one in Origin],
        ("event", "actor_kind"): [str(one) for one in ActorKind],
    }
    known = _departments(people)
    departments: Words = {("event", "department"): known} if known else {}
    for site, offset, root in expressions(rule):
        yield from never(site, offset, root, fixed)
        yield from (one.warning() for one in never(site, offset, root, departments))


def _timed(kind: str) -> Iterator[str]:
    return (event for event, about in TIMED.items() if about == kind)


def _departments(people: People) -> frozenset[str]:
    """All that somebody works in, and the word for nobody known. Empty without people."""
    found = {one.department for one in people.all}
    found |= {role.department for one in people.all for role in one.roles if role.department}
    return frozenset({*found, UNATTRIBUTED}) if found else frozenset()


def expressions(rule: Rule) -> Iterator[tuple[Site, int, Node]]:
    """All of a rule: the text each stands in, the character it begins at there, and its tree."""
    conditions = (rule.condition, *(step.condition for step in rule.steps))
    for condition in conditions:
        if condition is not None:
            yield condition.site, 0, condition.whole.root
    for step in rule.steps:
        for place, computed in placed(step.args, step.site.path):
            yield Site(step.site.document, place), computed.at, computed.expression.root


def never(site: Site, offset: int, node: Node, words: Words) -> Iterator[Problem]:
    """Comparisons below a node of a field with a word that is not among its own."""
    match node:
        case Call(function="_==_" | "_!=_" | "@in", args=(left, right)):
            for named, said in ((left, right), (right, left)):
                name = path(named) or ()
                if name in words:
                    yield from _wrong(site, offset, name, said, words[name])
    for child in children(node):
        yield from never(site, offset, child, words)


def _wrong(
    site: Site, offset: int, name: tuple[str, ...], said: Node, known: Collection[str]
) -> Iterator[Problem]:
    for one in said.items if isinstance(said, Items) else (said,):
        if isinstance(one, Const) and isinstance(one.value, str) and one.value not in known:
            text = f'`{".".join(name)}` is never "{one.value}"{did_you_mean(one.value, known)}'
            yield site.document.text_problem(site.path, offset + one.at, text)
