"""Keys and URLs of records, written once where `write_back` would keep them: they change in a move."""

from collections.abc import Iterator, Mapping

from bridge.rules.problem import Problem
from bridge.rules.ruleset import Rule, RuleSet, Step
from bridge.rules.sources import Source
from bridge.rules.template import Constant, Later, Table, Template

_PARTS = {"key": "link", "url": "url"}  # of a result, and what `write_back` calls it


def of_rules(rules: RuleSet) -> Iterator[Problem]:
    """A warning: a board that wants the first key for ever may have it."""
    for rule in rules.rules:
        for step in rule.steps:
            if step.action.creates is None and step.action.fields_from is not None:
                yield from _of_step(rules, rule, step)


def _of_step(rules: RuleSet, rule: Rule, step: Step) -> Iterator[Problem]:
    name = step.action.fields_from or ""
    for field, item in _items(_items(step.args).get(name)).items():
        if isinstance(item, Later) and item.value in _PARTS:
            text = (
                f"`{field}` gets the {item.value} of now, and an issue that moves has another; keep it"
                f" by `write_back: {{{_PARTS[item.value]}: {field}}}` of {_source(rules, rule, step)},"
                " and take it out here"
            )
            path = (*step.site.path, name, field)
            yield step.site.document.key_problem(path, text).warning()


def _source(rules: RuleSet, rule: Rule, step: Step) -> str:
    """The source of the record that is written, as far as the files tell."""
    given = _items(step.args).get("object")
    object_ = given.value if isinstance(given, Constant) else None
    kind = rule.each.linked if rule.each is not None else rule.kind
    fitting = [one for one in rules.sources if one.kind == kind and _holds(one, object_)]
    return f"source `{fitting[0].id}`" if len(fitting) == 1 else "the record's source"


def _holds(source: Source, object_: object) -> bool:
    return object_ is None or source.object == object_


def _items(template: Template | None) -> Mapping[str, Template]:
    return template.items if isinstance(template, Table) else {}
