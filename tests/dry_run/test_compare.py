"""Two answers about one event, delivery by delivery."""

from typing import Any

import pytest

from bridge.rules.compare import Owed, differences, flat, pairs
from bridge.rules.decision import Answer, Ask, Decision
from bridge.rules.template import MISSING


@pytest.fixture
def decided() -> Any:
    """A matched decision that asks for one step with these arguments."""

    def made(step: str = "task", target: str = "", **more: Any) -> Decision:
        args = more.pop("args", {})
        ask = Ask(step=step, action="jira.update_issue", connection="jira", args=args, **more)
        return Decision(
            rule="r", answer=Answer.MATCHED, reason="matched", asks=(ask,), target=target
        )

    return made


def test_the_same_step_for_the_same_target_is_the_same_delivery(decided: Any) -> None:
    then = [decided(target="one"), decided(target="two")]

    found = list(pairs(then, [decided(target="two"), decided(target="three")]))

    assert [(bool(one.then), bool(one.now), one.fields) for one in found] == [
        (True, True, ()),
        (False, True, ()),
        (True, False, ()),
    ]


def test_a_former_name_of_a_step_does_not_take_what_is_called_so_now(decided: Any) -> None:
    then, now = [decided("a"), decided("b")], [decided("b", was=("a",)), decided("c")]

    found = [(p.then and p.then.ask.step, p.now and p.now.ask.step) for p in pairs(then, now)]

    assert found == [("b", "b"), (None, "c"), ("a", None)]


def test_nothing_set_and_set_to_nothing_are_two_things(decided: Any) -> None:
    then = decided(args={"fields": {"Due__c": None, "Status__c": "Planned"}})
    now = decided(args={"fields": {"Status__c": "Planned"}})

    found = list(differences(*(Owed(decision=one, ask=one.asks[0]) for one in (then, now))))

    assert [(one.name, one.then, one.now) for one in found] == [
        ("args.fields.Due__c", None, MISSING)
    ]


def test_what_is_still_to_come_is_one_value() -> None:
    later = {"$deferred": ["New: ", {"of": "task", "value": "key"}]}

    assert flat({"title": later, "facts": {"a": {"b": 1}}, "empty": {}}) == {
        "title": later,
        "facts.a.b": 1,
        "empty": {},
    }
