"""A dry-run over HTTP: told line by line by a process of its own, one at a time, ended with its request."""

import sys
from typing import Any

import pytest

from bridge.access.keys import Role
from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.insight.window import window
from bridge.pipeline.dry_run.routes import COMMAND, Turn, lines
from bridge.pipeline.dry_run.run import Wish
from bridge.pipeline.dry_run.task import Task
from clocks import START
from dry_run.asked import PATH, Asked

DIES = (sys.executable, "-c", "import sys; sys.stdin.buffer.read(); sys.exit(3)")
HANGS = (
    sys.executable,
    "-c",
    "import sys; print('{}', flush=True); sys.stdin.buffer.read(); input()",
)


@pytest.fixture
def task() -> Task:
    return Task(
        database_url="sqlite:////nowhere/x.db",
        files={},
        kinds=standard(),
        actions=actions(),
        systems={},
        calendars={},
        allowances=(),
        wish=Wish(span=window("7d", None, now=START)),
    )


def test_the_active_mappings_come_to_what_was_decided(asked: Asked) -> None:
    first, *_, last = asked.lines()

    assert first == {"progress": {"done": 0, "total": 1}}
    report = last["report"]
    assert (report["differs"], report["unlike"], report["events"]["compared"]) == (False, 0, 1)
    assert report["deliveries"]["then"] == 1


def test_a_change_is_told_with_the_quota_it_takes(asked: Asked) -> None:
    found = asked.lines(files=asked.files(operations="oncall"))[-1]["report"]

    rule = next(one for one in found["rules"] if one["rule"] == "incident-raised")
    assert (rule["state"], rule["fields"]) == ("changed", {"args.channel": 1})
    quotas = {one["part"]: one for one in found["calls"][0]["quotas"]}
    assert quotas["channel:oncall"]["share_now"] == 0.01  # of 100 cards an hour


def test_nothing_is_stored(asked: Asked) -> None:
    client = asked.house.client(Role.OPERATOR)
    before = asked.rows()

    client.post(PATH, json={"files": asked.files(operations="oncall")})

    assert asked.rows() == before


@pytest.mark.parametrize(
    ("body", "type_", "detail"),
    [
        ({"files": {"rules/r.yaml": "version: 2"}}, "mappings-at-fault", "rules/r.yaml:1:10:"),
        ({"rules": ["incident-rised"]}, "no-such-rule", "did you mean `incident-raised`?"),
        ({"since": "yesterday"}, "time", "write 7d or 12h"),
        ({"since": "1d", "until": "2d"}, "time", "must lie before `until`"),
        ({"against": "tomorrow"}, "invalid-request", "body.against"),
        ({"files": {}}, "invalid-request", "body.files"),
    ],
)
def test_a_wish_that_cannot_be_met_says_what_would_be_right(
    asked_on_sqlite: Asked, body: dict[str, Any], type_: str, detail: str
) -> None:
    answer = asked_on_sqlite.post(**body)

    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{type_}")
    assert detail in answer.json()["detail"]


def test_who_may_only_look_may_not_ask(asked_on_sqlite: Asked) -> None:
    assert asked_on_sqlite.post(Role.VIEWER).status_code == 403


def test_one_goes_at_a_time(asked_on_sqlite: Asked) -> None:
    asked_on_sqlite.turn.taken = True

    answer = asked_on_sqlite.post()

    assert (answer.status_code, answer.headers["retry-after"]) == (409, "30")


def test_the_next_may_go_when_one_is_done(asked_on_sqlite: Asked) -> None:
    asked_on_sqlite.lines()

    assert "report" in asked_on_sqlite.lines()[-1]


def test_a_node_that_stops_does_not_wait_for_it(asked_on_sqlite: Asked) -> None:
    asked_on_sqlite.house.bridge.worker.retire()

    assert [one["problem"]["type"] for one in asked_on_sqlite.lines()] == ["/problems/stopping"]


async def test_who_hangs_up_ends_it(task: Task) -> None:
    turn = Turn(stopping=lambda: False, command=HANGS)
    said = lines(task, turn)

    await anext(said)
    taken = turn.taken
    await said.aclose()

    assert (taken, turn.taken) == (True, False)


@pytest.mark.parametrize(
    ("command", "kind"), [(DIES, b"dry-run-died"), (COMMAND, b"/problems/database")]
)
async def test_one_that_cannot_go_on_says_so_last(
    task: Task, command: tuple[str, ...], kind: bytes
) -> None:
    turn = Turn(stopping=lambda: False, command=command)

    said = [chunk async for chunk in lines(task, turn)]

    assert kind in b"".join(said)
    assert not turn.taken


def test_the_password_of_the_database_is_in_no_log(task: Task) -> None:
    assert "nowhere" not in repr(task)
