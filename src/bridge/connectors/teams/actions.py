"""What mappings may ask of Teams: a card in a named channel."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

from pydantic import Field
from typing_extensions import override

from bridge.canonical.duration import Duration
from bridge.connectors.contract import Action, Outcome, Receipt, Repeat
from bridge.connectors.teams.card import Card, Link, Person, Severity
from bridge.connectors.teams.client import ACCEPTED, TeamsClient, order_of
from bridge.connectors.teams.fit import message

MAX_KEPT_ITEMS = 200  # of a catch-up card's row; a card shows fewer
_GRAVITY = tuple(Severity)


class PostCard(Action[TeamsClient]):
    """Post a card to a channel of this connection.

    All text is shown letter by letter: Markdown in it has no effect. Links must be https; others
    are shown as text. A card that is older than `stale_after` when it could be sent is not sent
    alone, but merged with the others of its channel. A card cannot be found again: after a lost
    answer `ambiguous` says whether it is sent once more (perhaps twice) or not (perhaps never).
    """

    kind: ClassVar[str] = "teams.post_card"
    repeat: ClassVar[Repeat] = Repeat.UNSAFE
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {
            "channel": "engineering",
            "title": "New feedback from Acme: ENG-12",
            "text": "The router reboots when it rains.",
            "facts": {"Severity": "critical", "Score": 2},
            "link": "https://acme.atlassian.net/browse/ENG-12",
            "severity": "warning",
            "stale_after": "2h",
            "ambiguous": "repeat",
        },
    )

    channel: str = Field(min_length=1)
    title: str
    text: str = ""
    facts: Mapping[str, str | bool | int | float | None] = Field(default_factory=dict)
    link: str = ""  # behind a button "Open"
    links: tuple[Link, ...] = ()  # further buttons
    items: tuple[Link, ...] = ()  # a list, one line each
    more: int = Field(default=0, ge=0)  # items that are not in the list
    severity: Severity = Severity.INFO
    mentions: tuple[Person, ...] = ()
    stale_after: Duration | None = None
    ambiguous: Literal["repeat", "skip"] = "skip"

    @override
    def ordering_key(self) -> str:
        return order_of(self.channel)

    @override
    def run(self, client: TeamsClient, key: str) -> Receipt:
        """`key` is not sent: nobody could look it up."""
        posted = client.post(self.channel, message(self.card()))
        run = f"run {posted.run_id}" if posted.run_id else "no run id"
        odd = "" if posted.status == ACCEPTED else f", answered {posted.status} instead of 202"
        return Receipt(outcome=Outcome.ACCEPTED, key=self.channel, note=f"{run}{odd}")

    def card(self) -> Card:
        """What it says, without where and how it is sent."""
        first = (Link(title="Open", url=self.link),) if self.link else ()
        return Card(
            title=self.title,
            text=self.text,
            severity=self.severity,
            facts=tuple(
                (label, _value(value)) for label, value in self.facts.items() if value is not None
            ),
            links=(*first, *(each for each in self.links if each.url)),
            items=self.items,
            more=self.more,
            mentions=self.mentions,
        )

    @classmethod
    def merge(cls, cards: Sequence[Self]) -> Self:
        """One catch-up card for stale cards of one channel, given oldest first.

        It is never stale itself. Raises ValueError for no cards or for several channels.
        """
        if len({card.channel for card in cards}) != 1:
            raise ValueError("a catch-up card needs cards, all of one channel")
        items = [item for card in cards for item in card.listed()]
        more = sum(card.more for card in cards) + max(0, len(items) - MAX_KEPT_ITEMS)
        count = len(items) + sum(card.more for card in cards)
        return cls(
            channel=cards[0].channel,
            title=f"Catch-up: {count} {'card' if count == 1 else 'cards'} could not be sent in time",
            items=tuple(items[:MAX_KEPT_ITEMS]),
            more=more,
            severity=max((card.severity for card in cards), key=_GRAVITY.index),
            mentions=tuple({each.id: each for card in cards for each in card.mentions}.values()),
            ambiguous="repeat" if all(card.ambiguous == "repeat" for card in cards) else "skip",
        )

    def listed(self) -> tuple[Link, ...]:
        """Its lines in a catch-up card: its own title, or the list if it is one already."""
        if self.items:
            return self.items
        urls = (self.link, *(each.url for each in self.links))
        return (Link(title=self.title, url=next((url for url in urls if url), "")),)


def catch_up(cards: Sequence[PostCard]) -> PostCard:
    """`PostCard.merge`, for those who hold cards and no class."""
    return PostCard.merge(cards)


def test_card(channel: str) -> PostCard:
    """What `bridge channels test NAME` sends."""
    return PostCard(
        channel=channel,
        title="Bridge can post to this channel",
        text="This is a test. Nothing needs to be done.",
        facts={"Channel": channel},
        severity=Severity.GOOD,
        ambiguous="skip",
    )


def _value(value: str | float) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
