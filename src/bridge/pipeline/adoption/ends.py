"""Which records a role joins, as the active rules say: where to look a bare name up. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bridge.errors import Malformed
from bridge.ledger.tables import MIRRORS
from bridge.pipeline.adoption.wish import RoleForm
from bridge.rules.ruleset import Rule, RuleSet, Step

Place = tuple[str, str]  # connection, the vendor's object


@dataclass(frozen=True, kw_only=True)
class Ends:
    """The two places of a role, and the relation its links have."""

    role: str
    relation: str
    left: Place
    right: Place


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How many links a record may have in a role: `several` of a left one, and of a right one."""

    several: bool = False
    shared: bool = True


def bounds(rules: RuleSet, role: str, relation: str, *, several: bool = False) -> Bounds:
    """As the mappings declare it; else one for each left record where a rule makes them, unless
    `several` are asked for, and as many as you like where none does."""
    if relation == MIRRORS:
        return Bounds(several=False, shared=False)
    declared = rules.links.get(role) or rules.links.get(relation)
    if declared is None or declared.cardinality is None:
        return Bounds(several=several or role not in roles(rules))
    left, _, right = declared.cardinality.partition(":")
    return Bounds(several=right != "1", shared=left != "1")


def roles(rules: RuleSet) -> tuple[str, ...]:
    """Every role that some rule's create answers for."""
    return tuple(sorted({step.role for _, step in _creates(rules) if step.role}))


def ends(rules: RuleSet, wish: RoleForm, role: str | None, relation: str | None) -> Ends:
    """The ends of a pair's role. Raises Malformed that says what to add to the request."""
    name = role or wish.role or _only_role(rules)
    creates = [(rule, step) for rule, step in _creates(rules) if step.role == name]
    lefts = {
        (source.connection, source.object)
        for rule, _ in creates
        for source in rules.sources
        if source.kind == rule.kind
    }
    rights = {(step.connection or "", step.action.creates or "") for _, step in creates}
    relations = {step.relation for _, step in creates if step.relation}
    return Ends(
        role=name,
        relation=relation or wish.relation or min(relations, default="originates"),
        left=_place("left", wish.left_object, lefts, role=name),
        right=_place("right", wish.right_object, rights, role=name),
    )


def role_of(rules: RuleSet, form: RoleForm) -> str:
    """The role that a form means: of a relation that no create has, the relation's own name.

    Raises Malformed where it may be several.
    """
    if form.role is not None or form.relation is None:
        return form.role or _only_role(rules)
    steps = (step for _, step in _creates(rules) if step.relation == form.relation)
    found = sorted({step.role for step in steps if step.role})
    if len(found) > 1:
        raise Malformed(f"say which `role` the link has: {', '.join(found)} are {form.relation}")
    return found[0] if found else form.relation


def _creates(rules: RuleSet) -> Iterator[tuple[Rule, Step]]:
    return ((rule, step) for rule in rules.rules for step in rule.steps if step.role is not None)


def _only_role(rules: RuleSet) -> str:
    known = roles(rules)
    if len(known) == 1:
        return known[0]
    text = (
        f"the active rules have {', '.join(known)}" if known else "no active rule creates records"
    )
    raise Malformed(f"say which `role` the links have: {text}")


def _place(side: str, said: str | None, found: Iterable[Place], *, role: str) -> Place:
    if said is not None:
        connection, _, object_ = said.partition(":")
        return connection, object_
    places = sorted(found)
    if len(places) == 1:
        return places[0]
    named = ", ".join(":".join(place) for place in places)
    why = f"it may be {named}" if places else f"no active rule creates in the role {role!r}"
    raise Malformed(f"say `{side}_object`, as in salesforce:Case: {why}")
