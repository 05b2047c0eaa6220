"""Values that stand in the file as they will be sent: too long for the vendor, or naming nothing."""

from collections.abc import Iterator, Mapping

from bridge.rules.document import Path
from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.ruleset import Rule, Step
from bridge.rules.template import Constant, Joined, Table, Template

Names = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By connection: the settings that hold named things, and the names. `{teams: {channels: [support]}}`"""


def of_rule(rule: Rule, names: Names) -> Iterator[Problem]:
    for step in rule.steps:
        yield from _too_long(step)
        yield from _unnamed(step, names)


def _too_long(step: Step) -> Iterator[Problem]:
    """Constant texts, and the constant parts of others: those are there whatever the event."""
    document = step.site.document
    for path, template in _fields(step):
        limit = step.action.longest.get(str(path[-1]), 0)
        length = _length(template)
        if limit and length > limit:
            text = (
                f"`{path[-1]}` holds {limit:,} characters at {step.action.kind.partition('.')[0]}, "
                f"this is at least {length:,} long and would be cut; shorten it"
            )
            yield document.problem(path, text)


def _fields(step: Step) -> Iterator[tuple[Path, Template]]:
    """Every argument, and every vendor field among them."""
    items = step.args.items if isinstance(step.args, Table) else {}
    for name, item in items.items():
        yield (*step.site.path, name), item
        if name == step.action.fields_from and isinstance(item, Table):
            for inner, value in item.items.items():
                yield (*step.site.path, name, inner), value


def _length(template: Template) -> int:
    match template:
        case Constant(value=str(text)):
            return len(text)
        case Joined(parts=parts):
            return sum(_length(part) for part in parts)
        case _:
            return 0


def _unnamed(step: Step, names: Names) -> Iterator[Problem]:
    """A name that its connection's settings do not have, such as a channel."""
    items = step.args.items if isinstance(step.args, Table) else {}
    if step.connection is None or step.connection not in names:
        return
    for field, setting in step.action.named.items():
        item = items.get(field)
        if not isinstance(item, Constant) or not isinstance(item.value, str):
            continue
        known = names[step.connection].get(setting, ())
        if item.value not in known:
            hint = did_you_mean(item.value, known) or f"; name it under `{setting}` in bridge.yaml"
            text = f"connection `{step.connection}` has no {field} `{item.value}`{hint}"
            yield step.site.document.problem((*step.site.path, field), text)
