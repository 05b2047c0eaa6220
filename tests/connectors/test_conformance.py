"""What every connector must do, whatever its system."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bridge.canonical.event import Act
from bridge.connectors.action import Action, Outcome, Repeat
from bridge.connectors.contract import Inbound, Message
from bridge.connectors.registry import CONNECTORS, actions, connector
from bridge.errors import (
    AmbiguousOutcome,
    CredentialError,
    DeliveryError,
    PermanentError,
    SettingError,
    TransientError,
    Unconfigured,
    Unverified,
)
from clocks import FakeClock
from connectors.conformance import Answer, Bench, Line, Stand, client_of
from connectors.stands import STANDS

ACTIONS = [action for one in CONNECTORS for action in one.actions]
ACTING = [stand for stand in STANDS if stand.connector.actions]
KEY = "wrk_mzxw6ytboi"


@pytest.fixture(params=STANDS, ids=lambda stand: stand.name)
def stand(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Stand:
    found: Stand = request.param
    for name, value in found.secrets.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def inbound(stand: Stand) -> Inbound[Any]:
    assert stand.connector.inbound is not None
    return stand.connector.inbound


@pytest.fixture
def messages(stand: Stand) -> Sequence[Message]:
    found = stand.messages()
    assert found
    return found


@pytest.fixture(params=ACTING, ids=lambda stand: stand.name)
def bench(
    request: pytest.FixtureRequest, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    found: Stand = request.param
    for name, value in found.secrets.items():
        monkeypatch.setenv(name, value)
    line = Line(found.writes)
    with found.serve(clock) as world, client_of(found, world, line) as client:
        yield Bench(stand=found, world=world, line=line, client=client)


def test_the_register_and_the_stands_name_the_same_connectors() -> None:
    assert [one.name for one in CONNECTORS] == [stand.name for stand in STANDS]
    assert [connector(one.name) for one in CONNECTORS] == list(CONNECTORS)
    with pytest.raises(SettingError, match="jira, salesforce, teams, generic"):
        connector("bugzilla")


def test_every_action_is_known_by_its_own_kind() -> None:
    assert len(actions()) == len(ACTIONS)
    assert all(actions()[action.kind] is action for action in ACTIONS)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.kind)
def test_an_action_says_what_it_is(action: type[Action[Any]]) -> None:
    system = action.kind.partition(".")[0]
    names = set(action.model_fields)

    assert action in connector(system).actions
    assert {action.target, action.fields_from} - {None} <= names
    assert action.examples
    assert (action.find is not Action.find) is (action.repeat is Repeat.FINDABLE)
    assert action.settle > 0 or action.repeat is not Repeat.FINDABLE
    assert action.model_json_schema()["additionalProperties"] is False


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.kind)
def test_an_action_survives_storage(action: type[Action[Any]]) -> None:
    for example in action.examples:
        made = action.model_validate(example)

        assert action.model_validate(made.model_dump()) == made
        assert action.model_validate_json(made.model_dump_json()) == made
        assert made.ordering_key() == action.model_validate(example).ordering_key()


def test_the_world_takes_every_action(bench: Bench) -> None:
    assert {type(action) for action in bench.world.actions} == set(bench.stand.connector.actions)


def test_an_action_done_twice_with_one_key_leaves_one_thing(bench: Bench) -> None:
    for action in bench.world.actions:
        if action.repeat is Repeat.FINDABLE:
            assert action.find(bench.client, KEY) is None

        first = action.run(bench.client, KEY)

        if action.repeat is Repeat.UNSAFE:
            assert first.outcome is Outcome.ACCEPTED
            continue
        again = action.run if action.repeat is Repeat.SAFE else action.find
        found = again(bench.client, KEY)
        assert found is not None
        assert found.ref == first.ref


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: httpx.Response(400, json={}), PermanentError),
        (lambda: httpx.Response(404, json={}), PermanentError),
        (lambda: httpx.Response(401, json={}), CredentialError),
        (lambda: httpx.Response(429, json={}, headers={"retry-after": "17"}), TransientError),
        (lambda: httpx.ConnectError("refused"), TransientError),
    ],
    ids=["400", "404", "401", "429", "refused"],
)
def test_a_refusal_says_what_to_do_next(
    bench: Bench, answer: Callable[[], Answer], error: type[DeliveryError]
) -> None:
    bench.line.cut = answer

    for action in bench.world.actions:
        with pytest.raises(error) as caught:
            action.run(bench.client, KEY)
        if isinstance(caught.value, TransientError) and caught.value.code:
            assert caught.value.retry_after == 17


@pytest.mark.parametrize(
    "answer",
    [lambda: httpx.ReadTimeout("cut"), lambda: httpx.RemoteProtocolError("cut")],
    ids=["timeout", "cut"],
)
def test_a_lost_answer_is_no_answer(bench: Bench, answer: Callable[[], Answer]) -> None:
    """What may be repeated at will may also be called transient."""
    bench.line.cut = answer

    for action in bench.world.actions:
        safe = action.repeat is Repeat.SAFE
        with pytest.raises((AmbiguousOutcome, TransientError) if safe else AmbiguousOutcome):
            action.run(bench.client, KEY)


def test_no_error_tells_a_secret(bench: Bench) -> None:
    """Neither the environment's secrets nor what a header or a cookie holds."""
    secrets = set(bench.stand.secrets.values())
    headers = {"set-cookie": "session=hidden"}
    bench.line.cut = lambda: httpx.Response(400, json={}, headers=headers)

    for action in bench.world.actions:
        with pytest.raises(PermanentError) as caught:
            action.run(bench.client, KEY)
        assert not [one for one in (*secrets, "hidden") if one in str(caught.value)]


def test_a_sample_is_let_in_and_means_the_same_twice(
    stand: Stand, inbound: Inbound[Any], messages: Sequence[Message]
) -> None:
    settings = stand.settings()
    for message in messages:
        inbound.verify(settings, message, message.received_at)
        found = inbound.translate(settings, message)

        assert found == inbound.translate(settings, message)
        assert bool(found.snapshots) is not bool(found.ignored)
        assert all(one.ref.connection == message.connection for one in found.snapshots)
        assert all(one.occurred_at.tzinfo is not None for one in found.snapshots)
        assert not [
            one
            for one in found.snapshots
            if bool(one.version) is (one.act in {Act.CREATED, Act.DELETED})
        ]
        assert 200 <= inbound.acknowledge(settings, message).status < 300


def test_a_message_has_one_key_and_others_have_others(
    stand: Stand, inbound: Inbound[Any], messages: Sequence[Message]
) -> None:
    settings = stand.settings()
    keys = [inbound.dedupe_key(settings, message) for message in messages]

    assert keys == [inbound.dedupe_key(settings, message) for message in messages]
    assert len({message.body for message in messages}) == len(set(keys))


def test_a_message_that_was_changed_or_not_signed_is_refused(
    stand: Stand, inbound: Inbound[Any], messages: Sequence[Message]
) -> None:
    settings = stand.settings()
    for message in messages:
        bare = replace(message, headers={}, path_secret=None)

        with pytest.raises(Unverified):
            inbound.verify(settings, bare, bare.received_at)


@pytest.mark.parametrize("value", ["", None], ids=["empty", "absent"])
def test_without_a_readable_secret_nobody_is_let_in_and_the_fault_is_ours(
    stand: Stand,
    inbound: Inbound[Any],
    messages: Sequence[Message],
    value: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = stand.settings()
    for name in stand.secrets:
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)

    for message in messages:
        with pytest.raises(Unconfigured):
            inbound.verify(settings, message, message.received_at)


def test_doctor_has_a_remedy_for_everything_that_fails(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = bench.stand.connector.check(bench.client)
    for name in bench.stand.secrets:
        monkeypatch.delenv(name)

    with client_of(bench.stand, bench.world, Line(bench.stand.writes)) as client:
        bad = bench.stand.connector.check(client)

    assert good
    assert all(line.remedy for line in (*good, *bad) if not line.ok)
