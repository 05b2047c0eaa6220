"""The naive forwarder does what it is measured for: one call for each webhook, with three fields."""

import httpx

from bench import naive
from bench.sink import SEEN, Write, writes
from bench.webhook import case_id
from told import body, sink


async def test_each_webhook_becomes_one_call() -> None:
    async with sink() as sink_url, httpx.AsyncClient() as there:
        app = naive.app(sink_url)
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://naive") as client,
        ):
            answers = [
                await client.post("/webhooks/jira", content=body(number, 4)) for number in range(3)
            ]
            seen: list[Write] = []
            while len(seen) < 3:
                seen = writes((await there.get(sink_url + SEEN)).content)

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert sorted(one.number for one in seen) == [0, 1, 2]
    assert {one.record for one in seen} == {case_id(4)}
