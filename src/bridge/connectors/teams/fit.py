"""A card within its size: the longest texts are cut first, title and links are kept."""

from collections.abc import Sequence

from bridge.connectors.teams.card import Card, cuttable, encoded, prepared, squeezed
from bridge.connectors.teams.markdown import cost

MAX_BYTES = 24_000  # of the whole message; over 28 KB Teams answers 202 and shows nothing


def message(card: Card) -> bytes:
    """The message to send: clean, escaped, at most `MAX_BYTES` of UTF-8."""
    ready = prepared(card)
    whole = encoded(ready)
    if len(whole) <= MAX_BYTES:
        return whole
    costs = [cost(text) for text in cuttable(ready)]
    room = MAX_BYTES - (len(whole) - sum(costs))
    return encoded(squeezed(ready, level(costs, room)))


def level(costs: Sequence[int], room: int) -> int:
    """The greatest size to which all may be cut so that together they fit into `room` bytes."""
    left = room
    rising = sorted(costs)
    for place, size in enumerate(rising):
        share = left // (len(rising) - place)
        if size > share:
            return share
        left -= size
    return room
