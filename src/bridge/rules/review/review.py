"""Everything a review finds in a set that loads."""

from collections.abc import Iterator

from bridge.rules.problem import Problem, faults
from bridge.rules.review import (
    blanks,
    conditions,
    constants,
    kept,
    literals,
    lookups,
    roles,
    syncs,
    words,
    writers,
)
from bridge.rules.review.constants import Names
from bridge.rules.review.lookups import Asked
from bridge.rules.review.places import Places
from bridge.rules.review.situations import situations
from bridge.rules.ruleset import RuleSet


def review(rules: RuleSet, names: Names) -> Iterator[Problem]:
    """Faults and warnings, in no order. `names`: what the connections' settings name."""
    places, asked = Places(rules.files), Asked()
    each = situations(rules)
    yield from blanks.of_files(places)
    for one in each:
        wrong = tuple(words.of_rule(one.rule, rules.people))
        yield from wrong
        yield from () if faults(wrong) else conditions.of_rule(one)  # it never acts: told already
        yield from lookups.of_rule(one, asked)
        yield from literals.of_rule(one.rule)
        yield from constants.of_rule(one.rule, names)
    yield from _sources(rules, places, asked)
    yield from roles.of_rules(rules.rules)
    yield from kept.of_rules(rules)
    yield from writers.of_rules(each)
    yield from syncs.of_syncs(rules, places)


def _sources(rules: RuleSet, places: Places, asked: Asked) -> Iterator[Problem]:
    sites = {str(source.get("id")): site for site, source in places.sources()}
    for source in rules.sources:
        yield from conditions.of_source(source, sites[source.id])
    used = {form.map for source in rules.sources for form in source.fields.values() if form.map}
    yield from lookups.of_maps(places, asked, frozenset(used))
