"""Several cards told in one message: what people see of each, within what Teams takes."""

import json
from datetime import UTC, datetime, timedelta

from bridge.connectors.gathering import Gathering, Part, Told
from bridge.connectors.teams.actions import PostCard
from bridge.connectors.teams.card import Link, Person, Severity
from bridge.connectors.teams.fit import MAX_BYTES, message
from bridge.connectors.teams.simulator.schema import card_of

TWO = datetime(2026, 11, 26, 2, 10, tzinfo=UTC)
DOWN = PostCard(
    channel="operations",
    title="Incident ENG-9: Cloud is down",
    text="Nobody can log in.",
    facts={"Priority": "Highest", "Assignee": None},
    link="https://jira.test/browse/ENG-9",
    severity=Severity.ATTENTION,
    stale_after=timedelta(hours=1),
    ambiguous="repeat",
    mentions=(Person(id="anna@acme.test", name="Anna"),),
)
SLOW = DOWN.model_copy(
    update={
        "title": "Incident ENG-10: Cloud is slow",
        "severity": Severity.WARNING,
        "link": "https://jira.test/browse/ENG-10",
        "facts": {"Priority": "High"},
    }
)


def test_one_alone_stays_as_it_is() -> None:
    told = [Told(action=DOWN, part=Part.NEW, since=TWO)]

    card = PostCard.gathered(Gathering(title="CLOUD", counts={Part.NEW: 1}, members=told))

    assert message(card.card()) == message(DOWN.card())
    assert (card.channel, card.stale_after, card.ambiguous) == (
        "operations",
        timedelta(hours=1),
        "repeat",
    )


def test_one_that_is_still_there_says_since_when_and_how_often() -> None:
    told = [Told(action=DOWN, part=Part.AGAIN, since=TWO, times=7)]

    card = PostCard.gathered(Gathering(title="CLOUD", counts={Part.AGAIN: 1}, members=told))

    assert card.title == "Still: Incident ENG-9: Cloud is down"
    assert card.facts == {
        "Priority": "Highest",
        "Since": "2026-11-26 02:10 UTC",
        "Seen": "7 times",
    }


def test_one_that_is_over_is_good_news_and_calls_nobody() -> None:
    over = Told(
        action=DOWN, part=Part.RESOLVED, since=TWO, until=TWO + timedelta(hours=1, seconds=290)
    )

    card = PostCard.gathered(Gathering(title="CLOUD", counts={Part.RESOLVED: 1}, members=[over]))

    assert card.title == "Resolved: Incident ENG-9: Cloud is down"
    assert (card.severity, card.facts["Lasted"], card.mentions) == (Severity.GOOD, "1h4m", ())


def test_several_are_a_line_each_under_the_worst_of_them() -> None:
    told = [
        Told(action=SLOW, part=Part.NEW, since=TWO),
        Told(action=DOWN, part=Part.STILL, since=TWO),
    ]

    card = PostCard.gathered(
        Gathering(
            title="Incidents in CLOUD",
            counts={Part.NEW: 1, Part.STILL: 1},
            members=told,
            note="They had to wait.",
        )
    )

    assert card.title == "Incidents in CLOUD: 1 new, 1 still there"
    assert card.text == "They had to wait."
    assert card.severity is Severity.ATTENTION
    assert card.items == (
        Link(title="Incident ENG-10: Cloud is slow · Priority: High", url=SLOW.link),
        Link(
            title="Still: Incident ENG-9: Cloud is down · Priority: Highest"
            " · Since: 2026-11-26 02:10 UTC",
            url=DOWN.link,
        ),
    )
    assert [one.name for one in card.mentions] == ["Anna"]


def test_what_is_over_does_not_make_the_rest_look_worse() -> None:
    told = [
        Told(action=SLOW, part=Part.NEW, since=TWO),
        Told(action=DOWN, part=Part.RESOLVED, since=TWO, until=TWO),
    ]

    card = PostCard.gathered(
        Gathering(title="CLOUD", counts={Part.NEW: 1, Part.RESOLVED: 1}, members=told)
    )

    assert card.severity is Severity.WARNING


def test_a_flood_is_counted_and_stays_within_the_size_that_teams_takes() -> None:
    long = DOWN.model_copy(update={"title": "中" * 3_000, "facts": {"Product": "路由器" * 500}})
    told = [Told(action=long, part=Part.NEW, since=TWO) for _ in range(100)]

    card = PostCard.gathered(Gathering(title="CLOUD", counts={Part.NEW: 57}, members=told[:57]))
    sent = message(card.card())

    assert len(sent) <= MAX_BYTES
    assert card_of(json.loads(sent))["body"]
    assert "… and 37 more" in sent.decode()
