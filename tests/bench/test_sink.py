"""The sink counts every write once, by the record and the update it is of, whatever call brought it."""

import time
from collections.abc import AsyncIterator

import httpx
import orjson

from bench.sink import SEEN, STATE, State, writes
from bench.webhook import case_id, summary
from told import sink

DATA = "/services/data/v61.0"


async def test_updates_alone_and_in_collections_are_writes_in_their_order() -> None:
    several = [{"id": case_id(record), "Subject": summary(record)} for record in (2, 3)]

    async with sink() as url, httpx.AsyncClient(base_url=url) as client:
        alone = await client.patch(
            f"{DATA}/sobjects/Case/{case_id(1)}", json={"Subject": summary(7)}
        )
        bulk = await client.patch(f"{DATA}/composite/sobjects", json={"records": several})
        seen = writes((await client.get(SEEN)).content)
        state = State.model_validate_json((await client.get(STATE)).content)

    assert (alone.status_code, alone.content) == (204, b"")
    assert [one["success"] for one in bulk.json()] == [True, True]
    assert [(one.record, one.number) for one in seen] == [
        (case_id(1), 7),
        (case_id(2), 2),
        (case_id(3), 3),
    ]
    assert (state.calls, state.writes, state.last) == (2, 3, seen[-1].at)


async def test_the_newest_of_a_record_stays_the_newest() -> None:
    async with sink() as url, httpx.AsyncClient(base_url=url) as client:
        for number in (5, 9, 7):
            await client.patch(
                f"{DATA}/sobjects/Case/{case_id(1)}", json={"Subject": summary(number)}
            )
        state = State.model_validate_json((await client.get(STATE)).content)

    assert state.newest == {case_id(1): 9}


async def test_a_long_body_that_comes_in_pieces_is_one_call() -> None:
    many = [{"id": case_id(record), "Subject": summary(record) * 200} for record in range(200)]

    async def pieces() -> AsyncIterator[bytes]:
        text = orjson.dumps({"records": many})
        for start in range(0, len(text), 50_000):
            yield text[start : start + 50_000]

    async with sink() as url, httpx.AsyncClient(base_url=url) as client:
        await client.patch(f"{DATA}/composite/sobjects", content=pieces())
        state = State.model_validate_json((await client.get(STATE)).content)

    assert (state.calls, state.writes) == (1, 200)


async def test_an_answer_comes_after_the_latency_and_the_write_at_once() -> None:
    async with sink(latency=0.05) as url, httpx.AsyncClient(base_url=url) as client:
        begun = time.monotonic()
        await client.patch(f"{DATA}/sobjects/Case/{case_id(1)}", json={"Subject": summary(1)})
        ended = time.monotonic()
        (seen,) = writes((await client.get(SEEN)).content)

    assert ended - begun >= 0.05
    assert begun <= seen.at < ended - 0.04
