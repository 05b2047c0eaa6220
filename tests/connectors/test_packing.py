"""Filling one bulk call: room, places, and what is wrong before anything is sent."""

from collections.abc import Callable, Sequence

import pytest

from bridge.connectors.action import Receipt
from bridge.connectors.packing import Answer, Parcel, in_one_call
from bridge.errors import CredentialError, DeliveryError, PermanentError, TransientError

Make = Callable[[str, str], Parcel[str]]
WRONG = PermanentError("no such field")


@pytest.fixture
def make() -> Make:
    """A text is its own place and as large as it is long; some cannot be made."""

    def made(text: str, key: str) -> Parcel[str]:
        match text:
            case "wrong":
                raise WRONG
            case "away":
                raise TransientError("the metadata cannot be read")
            case "stranger":
                raise CredentialError("who are you")
        return Parcel(place=text, body=f"{text} by {key}", size=len(text))

    return made


def answered(parcels: Sequence[Parcel[str]]) -> list[Answer]:
    return [Receipt(note=each.body) for each in parcels]


def notes(answers: Sequence[Answer | None]) -> list[str | None]:
    return [one.note if isinstance(one, Receipt) else str(one) if one else None for one in answers]


def test_answers_come_in_the_order_of_the_batch(make: Make) -> None:
    batch = [("a", "k1"), ("wrong", "k2"), ("b", "k3")]

    answers = in_one_call(batch, make=make, send=answered, room=100)

    assert notes(answers) == ["a by k1", "no such field", "b by k3"]


def test_a_place_is_taken_once_and_a_room_is_full(make: Make) -> None:
    batch = [("aaa", "k1"), ("aaa", "k2"), ("bb", "k3"), ("c", "k4")]

    answers = in_one_call(batch, make=make, send=answered, room=4)

    assert notes(answers) == ["aaa by k1", None, None, "c by k4"]


def test_the_first_always_finds_room(make: Make) -> None:
    answers = in_one_call([("aaaaaa", "k1"), ("b", "k2")], make=make, send=answered, room=3)

    assert notes(answers) == ["aaaaaa by k1", None]


@pytest.mark.parametrize("trouble", ["away", "stranger"])
def test_a_look_up_that_fails_ends_the_filling(make: Make, trouble: str) -> None:
    batch = [("a", "k1"), (trouble, "k2"), (trouble, "k3"), ("b", "k4")]

    answers = in_one_call(batch, make=make, send=answered, room=100)

    assert isinstance(answers[1], DeliveryError)
    assert notes([answers[0], *answers[2:]]) == ["a by k1", None, None]


def test_nothing_is_sent_where_nothing_can_be(make: Make) -> None:
    calls: list[int] = []

    def send(parcels: Sequence[Parcel[str]]) -> list[Answer]:
        calls.append(len(parcels))
        return answered(parcels)

    assert in_one_call([("wrong", "k1")], make=make, send=send, room=1) == [WRONG]
    assert calls == []
