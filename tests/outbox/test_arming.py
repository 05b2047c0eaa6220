"""A delivery becomes ready: what it waited for is filled in, and it gets its place in the order."""

import pytest

from bridge.canonical.deferred import MARK
from bridge.errors import PermanentError
from bridge.outbox.arming import action_of, arm
from bridge.outbox.tables import State
from outbox.stand import Stand
from outbox.vendor import ACTIONS, Create, Paint, Post, Update

LINKED = {"linked": {"ref": "shop:thing:7", "key": "T-7", "url": "", "id": "7"}}


def test_the_linked_record_is_filled_in_as_target(stand: Stand) -> None:
    row = stand.row(Update.kind, {"text": "x"}, target_link="lnk", ordering_key="", state="waiting")

    arm(row, LINKED, ACTIONS, bulk=True)

    assert row.args == {"text": "x", "thing": "shop:thing:7"}
    assert (row.target_ref, row.ordering_key) == ("shop:thing:7", "shop|shop:thing:7")
    assert (row.state, row.reason) == (State.PENDING, "")


def test_a_value_of_an_earlier_step_is_filled_in(stand: Stand) -> None:
    text = {MARK: ["New task ", {"of": "task", "value": "key"}]}
    row = stand.row(Post.kind, {"channel": "alerts", "text": text}, ordering_key="")

    arm(row, {"task": {"key": "T-1", "url": "", "ref": "", "id": ""}}, ACTIONS, bulk=True)

    assert row.args["text"] == "New task T-1"


@pytest.mark.parametrize(
    ("kind", "args", "more", "key"),
    [
        (Create.kind, {"title": "x"}, {"link_id": "lnk-1"}, "shop|link|lnk-1"),
        (Update.kind, {"thing": "7", "text": "x"}, {}, "shop|thing:7"),
        (Update.kind, {"thing": "7", "text": "x"}, {"target_ref": "a:b:7"}, "shop|a:b:7"),
        (Post.kind, {"channel": "a", "text": "x"}, {}, "shop|channel:a|crm:case:0"),
    ],
    ids=["a create", "a key", "a ref", "a card"],
)
def test_each_has_its_place_in_the_order(
    stand: Stand, kind: str, args: dict[str, str], more: dict[str, str], key: str
) -> None:
    row = stand.row(kind, args, ordering_key="", **more)

    arm(row, {}, ACTIONS, bulk=True)

    assert row.ordering_key == key


@pytest.mark.parametrize(("bulk", "batch"), [(True, "shop.paint|paint"), (False, "")])
def test_where_no_bulk_call_is_taken_each_goes_alone(stand: Stand, bulk: bool, batch: str) -> None:
    row = stand.row(Paint.kind, {"thing": "7", "colour": "red"}, ordering_key="")

    arm(row, {}, ACTIONS, bulk=bulk)

    assert row.batch == batch


@pytest.mark.parametrize(
    ("kind", "args", "words"),
    [
        ("shop.gone", {}, "there is no action 'shop.gone' any more"),
        (Update.kind, {"thing": "7"}, "shop.update cannot be built: text: Field required"),
        (Update.kind, {"thing": "7", "text": "x", "odd": 1}, "odd: Extra inputs"),
    ],
    ids=["unknown", "lacking", "too much"],
)
def test_an_action_that_cannot_be_read_says_why(
    stand: Stand, kind: str, args: dict[str, str], words: str
) -> None:
    row = stand.row(kind, args, ordering_key="x")

    with pytest.raises(PermanentError, match=words):
        action_of(row, ACTIONS)
