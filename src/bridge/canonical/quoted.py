"""What was sent, quoted in an answer: a refusal says of a value that it does not fit. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.canonical.personal import HIDDEN

SHORTEST = 3  # characters: fewer tell nobody anything, and stand in every word
# Arguments that say where a write goes, not what is written.
_ADDRESS = frozenset(
    {"object", "project", "type", "record", "issue", "key_field", "channel", "comment"}
)


def unquoted(said: str, sent: Any) -> str:
    """The same, without any text that was sent, and without its lines one by one."""
    if not said or not sent:
        return said
    for one in sorted(set(_texts(sent)), key=len, reverse=True):
        said = said.replace(one, HIDDEN)
    return said


def _texts(sent: Any) -> Iterator[str]:
    if isinstance(sent, str):
        lines = (sent, *sent.splitlines())
        yield from (one.strip() for one in lines if len(one.strip()) >= SHORTEST)
    elif isinstance(sent, Mapping):
        for name, value in sent.items():
            if name not in _ADDRESS:
                yield from _texts(value)
    elif isinstance(sent, list | tuple):
        for value in sent:
            yield from _texts(value)
