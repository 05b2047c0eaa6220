"""Which alerts a silence means: `severity=~"high|critical"`, as Alertmanager writes it. Pure.

Regular expressions are RE2's, which take no longer for one text than for another, and fit a whole value.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.descriptor_pool import DescriptorPool
from typing_extensions import override

from bridge.errors import Malformed
from bridge.rules.expression import Expression, Failure, Scope

MOST = 20  # matchers of a silence
LONGEST = 400  # characters of one
_FORM = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.\[\]\"'()]*)\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Matcher:
    """One condition on one label. A label that is not there is an empty text."""

    label: str
    sign: str  # =  !=  =~  !~
    value: str

    def fits(self, labels: Mapping[str, str]) -> bool:
        there = labels.get(self.label, "")
        found = _like(there, self.value) if self.sign.endswith("~") else there == self.value
        return found is not self.sign.startswith("!")

    @override
    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.label}{self.sign}"{escaped}"'


def parse(text: str) -> Matcher:
    """`rule=incident-raised`, the value in quotes or not. Raises Malformed, which says what is right."""
    match = _FORM.fullmatch(text)
    if match is None or len(text) > LONGEST:
        raise Malformed(
            f"no matcher: {text[:80]!r}; write label=value, label!=value, or a regular expression:"
            ' label=~"high|critical", label!~"…"'
        )
    found = Matcher(label=match[1], sign=match[2], value=_unquoted(match[3]))
    if found.sign.endswith("~"):
        _like("", found.value)
    return found


def fit(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether all of them do."""
    return all(one.fits(labels) for one in matchers)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _like(text: str, pattern: str) -> bool:
    scope, expression = _language()
    value: Any = expression.evaluate(scope.bind({"text": text, "pattern": f"^(?:{pattern})$"}))
    if isinstance(value, Failure):
        raise Malformed(f"no regular expression: {pattern[:80]!r}: {value.text}")
    return value is True


@cache
def _language() -> tuple[Scope, Expression]:
    scope = Scope(DescriptorPool(), {"text": "dyn", "pattern": "dyn"})
    return scope, scope.compile("string(text).matches(string(pattern))")
