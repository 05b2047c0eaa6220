"""Several words: Jira's labels hold no blanks, choices at Salesforce are words of a list."""

from collections.abc import Sequence
from typing import Any, ClassVar

from typing_extensions import override

from bridge.converters.contract import Converter, NotCarried, Place, Trip

JIRA = "jira"
MOST = 255  # signs of a label (Jira field limits)


class Labels(Converter):
    """Words in any order. A blank in a word is a hyphen at Jira.

    On the way back a label becomes the word there that it stands for, if there is one.
    """

    name: ClassVar[str] = "labels"

    @override
    def __call__(self, value: Any, trip: Trip) -> list[str]:
        words = _words(value)
        if trip.to.system == JIRA:
            return _once(map(label, words))
        known = {label(word): word for word in _words(trip.current)}
        return _once(known.get(label(word), word) for word in words)

    @override
    def normal(self, value: Any, at: Place) -> Any:
        try:
            return sorted({label(word) for word in _words(value)})
        except NotCarried:
            return value


def label(word: str) -> str:
    """A word as a label."""
    return "-".join(word.split())[:MOST]


def _words(value: Any) -> list[str]:
    match value:
        case None:
            return []
        case str():
            return [part.strip() for part in value.split(";") if part.strip()]
        case Sequence():
            return [str(item) for item in value if str(item).strip()]
        case _:
            raise NotCarried("no list of words")


def _once(words: Any) -> list[str]:
    return list(dict.fromkeys(words))
