"""Keys that stand there without a value, and keys of `write_back` that nothing is kept under."""

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.review.places import Places
from bridge.rules.ruleset import Site

KEPT = ("link", "url", "status", "in_step_as_of", "problem")  # what `write_back` keeps


def of_files(places: Places) -> Iterator[Problem]:
    """An empty `if:` reads as none at all, and the rule would act always."""
    for site, source in places.sources():
        yield from _empty(site, source)
        yield from _kept(site, source.get("write_back"))
        for name, field in _mapping(source.get("fields")).items():
            yield from _empty(_below(site, "fields", name), _mapping(field))
    for site, rule in places.rules():
        yield from _empty(site, rule)
        yield from _empty(_below(site, "each"), _mapping(rule.get("each")))
        steps = rule.get("do")
        for number, step in enumerate(steps if isinstance(steps, list) else ()):
            yield from _step(_below(site, "do", number), _mapping(step))


def _step(site: Site, step: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _empty(site, {key: one for key, one in step.items() if "." not in key})
    for action, args in step.items():
        if "." in action:
            for key in _nulls(_mapping(args)):
                text = f"`{key}` has no value, so it is left alone; take it out or write one"
                inner = _below(site, action, key)
                yield inner.document.key_problem(inner.path, text).warning()


def _empty(site: Site, found: Mapping[str, Any]) -> Iterator[Problem]:
    for key in _nulls(found):
        text = f"`{key}` has no value; write one, or take the key out"
        yield site.document.key_problem((*site.path, key), text)


def _kept(site: Site, found: Any) -> Iterator[Problem]:
    for key in _mapping(found):
        if key not in KEPT:
            text = f"`write_back` keeps no `{key}`{did_you_mean(key, KEPT)}"
            yield site.document.key_problem((*site.path, "write_back", key), text)


def _nulls(found: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(key for key, value in found.items() if value is None)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _below(site: Site, *steps: str | int) -> Site:
    return Site(site.document, (*site.path, *steps))
