"""What mappings may ask of Teams: a card in a named channel."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

from pydantic import Field
from typing_extensions import override

from bridge.canonical.duration import Duration
from bridge.connectors.action import Action, Outcome, Receipt, Repeat
from bridge.connectors.gathering import Gathering
from bridge.connectors.packing import Parcel, in_one_call
from bridge.connectors.teams import digest
from bridge.connectors.teams.card import MAX_TITLE_BYTES, OPEN, Card, Link, Person, Severity
from bridge.connectors.teams.client import ACCEPTED, Posted, TeamsClient, order_of
from bridge.connectors.teams.digest import Section, section
from bridge.connectors.teams.fit import MAX_BYTES, message
from bridge.connectors.teams.gathered import together
from bridge.errors import DeliveryError

BEHIND = 4  # cards: what a channel takes in a second (Microsoft's table for incoming webhooks)


class PostCard(Action[TeamsClient]):
    """Post a card to a channel of this connection.

    All text is shown letter by letter: Markdown in it has no effect. Links must be https; others
    are shown as text. While more than four cards of its channel wait, or once it is older than `stale_after`,
    it goes out in one message with others, a section each; but not if it is urgent, mentions
    people or has a list. A card cannot be found again: after a lost answer `ambiguous` says whether
    it is sent once more (perhaps twice) or not (perhaps never).
    """

    kind: ClassVar[str] = "teams.post_card"
    repeat: ClassVar[Repeat] = Repeat.UNSAFE
    batch: ClassVar[int] = digest.MOST
    behind: ClassVar[int] = BEHIND
    gathers: ClassVar[bool] = True
    longest: ClassVar[Mapping[str, int]] = {"title": MAX_TITLE_BYTES, "text": MAX_BYTES}
    named: ClassVar[Mapping[str, str]] = {"channel": "channels"}
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

    channel: str = Field(min_length=1, description="a name under `channels` in `bridge.yaml`")
    title: str
    text: str = ""
    facts: Mapping[str, str | bool | int | float | None] = Field(default_factory=dict)
    link: str = Field(default="", description='behind a button "Open"')
    links: tuple[Link, ...] = Field(default=(), description="further buttons")
    items: tuple[Link, ...] = Field(default=(), description="a list, one line each")
    more: int = Field(default=0, ge=0, description="items that are not in the list")
    severity: Severity = Severity.INFO
    mentions: tuple[Person, ...] = ()
    stale_after: Duration | None = Field(
        default=None, description="older than this, it may go out together with others"
    )
    ambiguous: Literal["repeat", "skip"] = Field(
        default="skip", description="after a lost answer: sent once more, or not"
    )

    @override
    def ordering_key(self) -> str:
        return order_of(self.channel)

    @override
    def run(self, client: TeamsClient, key: str) -> Receipt:
        """`key` is not sent: nobody could look it up."""
        return self.accepted(client.post(self.channel, message(self.card())))

    @override
    def batch_key(self) -> str | None:
        """A mention is to reach somebody, and a list is as long as many cards: those go alone."""
        return None if self.mentions or self.items or self.more else self.channel

    @override
    @classmethod
    def run_batch(
        cls, client: TeamsClient, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError | None]:
        """One message for all that find room in it. One alone is sent as it is."""

        def make(one: PostCard, key: str) -> Parcel[tuple[PostCard, Section]]:
            part = section(one.card())
            return Parcel(place=key, body=(one, part), size=part.bytes)

        def send(
            parcels: Sequence[Parcel[tuple[PostCard, Section]]],
        ) -> list[Receipt | DeliveryError]:
            cards = [each.body[0] for each in parcels]
            if len(cards) == 1:
                return [cards[0].run(client, parcels[0].place)]
            whole = digest.message([each.body[1] for each in parcels])
            posted = client.post(cards[0].channel, whole)
            return [one.accepted(posted, f", in one card of {len(cards)}") for one in cards]

        return in_one_call(batch, make=make, send=send, room=digest.ROOM)

    @override
    @classmethod
    def gathered(cls, gathering: Gathering[Self]) -> Self:
        first = gathering.members[0].action
        return cls(
            channel=first.channel,
            stale_after=first.stale_after,
            ambiguous=first.ambiguous,
            **together(gathering.of(lambda one: one.card())),
        )

    def accepted(self, posted: Posted, company: str = "") -> Receipt:
        run = f"run {posted.run_id}" if posted.run_id else "no run id"
        odd = "" if posted.status == ACCEPTED else f", answered {posted.status} instead of 202"
        return Receipt(outcome=Outcome.ACCEPTED, key=self.channel, note=f"{run}{odd}{company}")

    def card(self) -> Card:
        """What it says, without where and how it is sent."""
        first = (Link(title=OPEN, url=self.link),) if self.link else ()
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
