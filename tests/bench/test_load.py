"""The benchmark's load: signed as Jira signs, in order per record, hot where it says so."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from bench.load import Plan, lanes, send
from bench.webhook import HOT_RECORDS, Update, number_of, request, summary, updates
from bridge.connectors.contract import Message
from bridge.connectors.jira.inbound import translate
from bridge.connectors.jira.settings import JiraSettings
from bridge.connectors.jira.signature import verify
from told import impatient_server


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> JiraSettings:
    monkeypatch.setenv("BENCH_SECRET", "secret")
    return JiraSettings.model_validate(
        {
            "system": "jira",
            "url": "https://acme.atlassian.net",
            "email": "bench@example.com",
            "token": "env:BENCH_SECRET",
            "webhook": {"secrets": ["env:BENCH_SECRET"]},
        }
    )


@pytest.fixture
def message() -> Message:
    head, _, body = request(Update(number=7, record=3, turn=1), secret="secret").partition(
        b"\r\n\r\n"
    )
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    return Message(
        connection="jira",
        headers=dict(lines),
        body=body,
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
    )


def test_a_request_is_signed_and_says_what_moved(settings: JiraSettings, message: Message) -> None:
    verify(settings, message, message.received_at)

    (shown,) = translate(settings, message).snapshots

    assert number_of(shown.fields["summary"]) == 7
    assert [moved.field for moved in shown.moved] == ["status"]


def test_updates_of_one_record_share_a_connection_and_keep_their_order() -> None:
    plan = Plan(urls=("http://127.0.0.1",), secret="s", count=2_000, first=5, keys="hot")
    homes: dict[int, set[int]] = {}

    for number, lane in enumerate(lanes(plan)):
        numbers = [update.number for update, _, _ in lane]
        assert numbers == sorted(numbers)
        for update, _, _ in lane:
            homes.setdefault(update.record, set()).add(number)

    assert {len(home) for home in homes.values()} == {1}


def test_half_of_a_hot_load_goes_to_a_few_records() -> None:
    counts = Counter(one.record for one in updates(4_000, first=0, keys="hot", seed=7))

    hot = sum(counts[record] for record in range(HOT_RECORDS))

    assert 0.45 < hot / counts.total() < 0.57


def test_each_update_of_a_distinct_load_has_a_record_of_its_own() -> None:
    told = [one.record for one in updates(2_000, first=64, keys="distinct", seed=7)]

    assert len(set(told)) == 2_000


def test_a_rate_says_when_each_update_is_due() -> None:
    plan = Plan(urls=("http://127.0.0.1",), secret="s", count=40, first=0, keys="uniform", rate=20)

    due = sorted(at for lane in lanes(plan) for _, at, _ in lane)

    assert due == [number / 20 for number in range(40)]


def test_the_sink_knows_an_update_by_its_summary() -> None:
    assert number_of(summary(1_234)) == 1_234


async def test_an_update_goes_out_although_the_server_hung_up_meanwhile() -> None:
    async with impatient_server() as url:
        plan = Plan(urls=(url,), secret="s", count=200, first=0, keys="hot")

        told = await send(plan)

    assert sorted(one.number for one in told.sent) == list(range(200))
    assert {one.status for one in told.sent} == {202}
