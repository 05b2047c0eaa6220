"""The webhook sender against a receiver on real sockets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from bridge.connectors.simulation.faults import Faults
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.sender import RetryPolicy, Verdict, Webhook, WebhookSender
from bridge.connectors.simulation.serve import Served

DEAD_URL = "http://127.0.0.1:9/hook"


def judge(answer: httpx.Response | None) -> Verdict:
    if answer is None or answer.status_code >= 500:
        return Verdict.RETRY
    return Verdict.DONE if answer.status_code < 300 else Verdict.LOST


@dataclass
class Receiver:
    """Answers with `statuses` one after the other, then 202, and keeps what came."""

    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    retries: list[str | None] = field(default_factory=list)
    url: str = ""

    def build(self) -> FastAPI:
        app = FastAPI()

        @app.post("/hook")
        async def hook(request: Request) -> Response:
            self.bodies.append(await request.body())
            self.retries.append(request.headers.get("x-retry"))
            return Response(status_code=self.statuses.pop(0) if self.statuses else 202)

        return app


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with Served(receiver.build()) as served:
        receiver.url = served.url + "/hook"
        yield receiver


Make = Callable[..., WebhookSender]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[WebhookSender] = []

    def build(faults: Faults | None = None, **policy: float) -> WebhookSender:
        retry = RetryPolicy(
            judge=judge,
            retries=int(policy.get("retries", 2)),
            wait=lambda _: (1.0, 2.0),
            retry_headers=lambda repeat: {"x-retry": str(repeat)},
            lone_after=policy.get("lone_after"),
        )
        made.append(WebhookSender(retry, pace=Pace(0.01), faults=faults))
        return made[-1]

    yield build
    for sender in made:
        sender.close()


def send(sender: WebhookSender, url: str, *bodies: bytes) -> None:
    for body in bodies:
        sender.send(Webhook(url=url, body=body, label="test"))
    assert sender.wait_idle(60)
    assert sender.idle()


def test_webhooks_arrive_in_order(receiver: Receiver, make: Make) -> None:
    sender = make()

    send(sender, receiver.url, b"1", b"2", b"3")

    assert receiver.bodies == [b"1", b"2", b"3"]
    assert sender.stats == {"posted": 3, "delivered": 3}


def test_a_retried_status_comes_again_with_the_retry_header(receiver: Receiver, make: Make) -> None:
    receiver.statuses = [503, 500]

    send(make(), receiver.url, b"1")

    assert receiver.bodies == [b"1"] * 3
    assert receiver.retries == [None, "1", "2"]


def test_a_refusal_is_lost_for_ever(receiver: Receiver, make: Make) -> None:
    receiver.statuses = [401]
    sender = make()

    send(sender, receiver.url, b"1")

    assert receiver.bodies == [b"1"]
    assert [webhook.body for webhook in sender.lost] == [b"1"]


def test_a_dead_receiver_is_tried_and_given_up(make: Make) -> None:
    sender = make(retries=2)

    send(sender, DEAD_URL, b"1")

    assert sender.stats == {"posted": 3, "retried": 2, "lost": 1}


def test_after_long_failure_each_gets_one_attempt_until_one_gets_through(
    receiver: Receiver, make: Make
) -> None:
    sender = make(retries=3, lone_after=0.0)
    receiver.statuses = [503, 503]

    send(sender, receiver.url, b"1")
    send(sender, receiver.url, b"2")
    assert len(sender.lost) == 2

    send(sender, receiver.url, b"3")
    assert receiver.bodies == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    ("fault", "arrived"), [("duplicate", 2), ("drop", 1), ("unanswered", 2), ("reorder", 1)]
)
def test_disturbed_webhooks_still_arrive(
    receiver: Receiver, make: Make, fault: str, arrived: int
) -> None:
    faults = Faults()
    sender = make(faults)
    faults.next(fault, path_contains="/hook")

    send(sender, receiver.url, b"1")

    assert receiver.bodies == [b"1"] * arrived
    assert sender.stats[fault] == 1
    assert not sender.lost


def test_a_reordered_webhook_is_overtaken(receiver: Receiver, make: Make) -> None:
    faults = Faults()
    sender = make(faults)
    faults.next("reorder")

    send(sender, receiver.url, b"1", b"2")

    assert receiver.bodies == [b"2", b"1"]


def test_nothing_is_dropped_that_would_not_come_again(receiver: Receiver, make: Make) -> None:
    faults = Faults()
    faults.configure(drop_rate=1)
    sender = make(faults, retries=1)

    send(sender, receiver.url, b"1")

    assert receiver.bodies == [b"1"]
    assert sender.stats["drop"] == 1


def test_a_url_that_is_none_is_refused_at_once(make: Make) -> None:
    with pytest.raises(ValueError, match="http"):
        make().send(Webhook(url="bridge.example.com/hook"))
