"""The simulator on real sockets, met by the real client and by a Bridge that answers."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from bridge.clock import SystemClock
from bridge.connectors.action import Outcome
from bridge.connectors.contract import Message
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.connectors.teams import PostCard
from bridge.connectors.teams.client import TeamsClient, connect
from bridge.connectors.teams.inbound import INBOUND, REPLY
from bridge.connectors.teams.settings import TeamsSettings, hosts
from bridge.connectors.teams.simulator import TeamsSimulator, build
from bridge.errors import AmbiguousOutcome, CredentialError, PermanentError, TransientError
from bridge.http import Http

TOKEN = "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA="
TENANT = "11111111-2222-4333-8444-555555555555"
HELLO = PostCard(
    channel="alerts",
    title="Hello [you]",
    text="<script>alert(1)</script>",
    facts={"Case": "1"},
    link="https://a.example/1",
)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def teams() -> TeamsSimulator:
    """An hour lasts a millisecond here, so that no limit is met by chance."""
    return build(pace=Pace(1e-6))


@pytest.fixture
def base(teams: TeamsSimulator, stack: ExitStack) -> str:
    return stack.enter_context(Served(teams.app)).url


class StoppedClock:
    """It is always the same moment."""

    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)

    def monotonic(self) -> float:
        return 1_000.0


Connect = Callable[[TeamsSimulator, str], TeamsClient]


@pytest.fixture
def connected(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """The real client on the URLs that the simulator gives now."""

    def make(teams: TeamsSimulator, base: str) -> TeamsClient:
        for name in teams.channels():
            monkeypatch.setenv(f"T_{name}", teams.url(name, base))
        settings = TeamsSettings.model_validate(
            {
                "allow_hosts": ["127.0.0.1"],
                "channels": {name: {"url": f"env:T_{name}"} for name in teams.channels()},
            }
        )
        http = Http("teams", allow_hosts=frozenset(hosts(settings)), secret_path=True)
        stack.callback(http.close)
        return connect("teams", settings, http)

    return make


@pytest.fixture
def client(teams: TeamsSimulator, base: str, connected: Connect) -> TeamsClient:
    return connected(teams, base)


def test_a_card_is_posted_and_seen(teams: TeamsSimulator, client: TeamsClient) -> None:
    receipt = HELLO.run(client, "key")

    (card,) = teams.cards("alerts")
    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.note == f"run {card.run_id}"
    assert card.title == "Hello [you]"
    assert card.texts == ("<script>alert(1)</script>", "Case", "1")
    assert card.links == {"Open": "https://a.example/1"}
    assert teams.failed_runs == ()
    assert teams.requests == {"alerts": 1}
    assert teams.answers == {202: 1}


def test_a_flow_of_the_newer_path_is_served_too(teams: TeamsSimulator, base: str) -> None:
    url = teams.url("alerts", base).replace("direct/workflows", "direct/cu/7/workflows")

    assert httpx.post(url, json={"type": "message", "attachments": []}).status_code == 202


def test_a_wrong_signature_is_401_even_when_only_requoted(teams: TeamsSimulator, base: str) -> None:
    url = teams.url("alerts", base)
    wrong = [url + "x", url.replace("%2F", "/"), url.partition("&sig")[0]]

    answers = [httpx.post(each, json={}) for each in wrong]

    assert [each.status_code for each in answers] == [401, 401, 401]
    assert answers[0].json()["error"]["code"] == "DirectApiAuthorizationRequired"
    assert teams.cards() == ()


def test_a_new_signature_or_a_restriction_is_bad_credentials(
    teams: TeamsSimulator, client: TeamsClient
) -> None:
    teams.renew("alerts")
    teams.restrict("support")

    with pytest.raises(CredentialError):
        HELLO.run(client, "key")
    with pytest.raises(CredentialError):
        HELLO.model_copy(update={"channel": "support"}).run(client, "key")


def test_a_flow_that_is_off_or_deleted_is_permanent_and_may_come_back(
    teams: TeamsSimulator, client: TeamsClient
) -> None:
    teams.turn_off("alerts")
    with pytest.raises(PermanentError) as off:
        HELLO.run(client, "key")
    teams.turn_on("alerts")
    HELLO.run(client, "key")
    teams.delete("alerts")
    with pytest.raises(PermanentError) as deleted:
        HELLO.run(client, "key")

    assert off.value.code == "WorkflowTriggerIsNotEnabled"
    assert deleted.value.code == "WorkflowNotFound"
    assert len(teams.cards()) == 1


def test_the_fifth_card_of_a_second_is_429_with_a_wait(
    stack: ExitStack, connected: Connect
) -> None:
    teams = build(pace=Pace(1.0), clock=StoppedClock())
    client = connected(teams, stack.enter_context(Served(teams.app)).url)
    for _ in range(4):
        HELLO.run(client, "key")

    with pytest.raises(TransientError) as caught:
        HELLO.run(client, "key")

    assert caught.value.code == "RateLimitExceeded"
    assert caught.value.retry_after == 1
    assert teams.answers == {202: 4, 429: 1}
    assert len(teams.cards()) == 4


def test_a_cut_after_the_effect_leaves_a_card_and_no_answer(
    teams: TeamsSimulator, client: TeamsClient
) -> None:
    teams.faults.next("cut_after", method="POST", path_contains="/invoke")

    with pytest.raises(AmbiguousOutcome):
        HELLO.run(client, "key")

    assert len(teams.cards()) == 1
    assert teams.faults.count["cut_after"] == 1


@pytest.mark.parametrize(
    ("fault", "cards"), [("server_error_before", 0), ("server_error_after", 1)]
)
def test_a_5xx_does_not_tell_whether_a_card_was_posted(
    teams: TeamsSimulator, client: TeamsClient, fault: str, cards: int
) -> None:
    teams.faults.next(fault)

    with pytest.raises(AmbiguousOutcome):
        HELLO.run(client, "key")

    assert len(teams.cards()) == cards


def test_an_injected_429_is_teams_own(teams: TeamsSimulator, client: TeamsClient) -> None:
    teams.faults.next("rate_limited")

    with pytest.raises(TransientError) as caught:
        HELLO.run(client, "key")

    assert caught.value.code == "RateLimitExceeded"
    assert caught.value.retry_after == 1
    assert teams.cards() == ()


def test_people_and_tests_may_look(teams: TeamsSimulator, base: str, client: TeamsClient) -> None:
    HELLO.run(client, "key")
    HELLO.run(client, "key")
    httpx.post(teams.url("support", base), json={"type": "message"})

    state = httpx.get(f"{base}/_sim/state")
    cards = httpx.get(f"{base}/_sim/cards", params={"channel": "alerts"}).json()
    page = httpx.get(f"{base}/_sim/").text

    assert state.json()["cards"] == {"alerts": 2}
    assert state.json()["duplicates"] == 1
    assert state.json()["failed_runs"] == 1
    assert "sig" not in state.text
    assert [card["title"] for card in cards] == ["Hello [you]", "Hello [you]"]
    assert "Hello [you]" in page
    assert "<script>" not in page
    assert "support: attachments is not an array of one card" in page
    assert 'href="https://a.example/1"' in page


def test_people_act_over_http(teams: TeamsSimulator, base: str) -> None:
    off = httpx.post(f"{base}/_sim/person/turn_off", json={"channel": "alerts"})
    unknown = httpx.post(f"{base}/_sim/person/turn_off", json={"channel": "nowhere"})
    webhook = {"url": "http://127.0.0.1:9/x", "token": TOKEN}
    made = httpx.post(f"{base}/_sim/person/create_webhook", json=webhook)
    reply = httpx.post(f"{base}/_sim/person/mention", json={"text": "hello"})

    assert off.status_code == 200
    assert made.status_code == 200
    assert reply.json()["status"] == 0
    assert unknown.status_code == 422
    assert httpx.get(f"{base}/_sim/state").json()["channels"]["alerts"] == "off"


def test_the_page_shows_an_escaped_list_and_links_as_people_see_them(
    teams: TeamsSimulator, base: str, client: TeamsClient
) -> None:
    others = HELLO.model_copy(update={"title": "a*b & <c>"})

    PostCard.run_batch(client, [(HELLO, "k1"), (others, "k2")])

    page = httpx.get(f"{base}/_sim/").text
    assert '<a rel="noreferrer" href="https://a.example/1">a*b &amp; &lt;c&gt;</a>' in page
    assert teams.cards()[0].links["Hello [you]"] == "https://a.example/1"


def receiver(seen: list[Message]) -> FastAPI:
    """A Bridge of one route, with the real way in."""
    app = FastAPI()
    settings = TeamsSettings.model_validate(
        {"webhook": {"secrets": ["env:T_TOKEN"], "tenants": [TENANT]}}
    )

    @app.post("/webhooks/teams")
    async def take(request: Request) -> Response:
        body = await request.body()
        now = datetime.now(UTC)
        headers = dict(request.headers)
        message = Message(connection="teams", headers=headers, body=body, received_at=now)
        INBOUND.verify(settings, message, now)
        seen.append(message)
        answer = INBOUND.acknowledge(settings, message)
        return Response(answer.body, answer.status, media_type=answer.content_type)

    return app


def test_somebody_mentions_bridge_and_sees_its_answer(
    teams: TeamsSimulator, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T_TOKEN", TOKEN)
    seen: list[Message] = []
    url = stack.enter_context(Served(receiver(seen))).url
    teams.create_webhook(f"{url}/webhooks/teams", token=TOKEN)

    replies = [teams.mention("status FEED-42"), teams.mention("status FEED-42")]

    assert [(reply.status, reply.text) for reply in replies] == [(200, REPLY), (200, REPLY)]
    settings = TeamsSettings()
    assert len({INBOUND.dedupe_key(settings, message) for message in seen}) == 2
    assert json.loads(seen[0].body)["text"] == "<at>Bridge</at> status FEED-42\n"
    assert INBOUND.translate(settings, seen[0]).event_type == "teams.message"


def test_a_mention_that_nobody_answers_shows_nothing(teams: TeamsSimulator) -> None:
    teams.create_webhook("http://127.0.0.1:9/webhooks/teams", token=TOKEN)

    assert teams.mention("hello").status == 0


def test_a_team_without_a_webhook_cannot_be_asked(teams: TeamsSimulator) -> None:
    with pytest.raises(ValueError, match="no outgoing webhook"):
        teams.mention("hello")


def test_one_seed_gives_one_set_of_urls_in_the_real_form() -> None:
    one, two = build(seed=7), build(seed=7, clock=SystemClock())

    assert one.url("alerts", "http://h") == two.url("alerts", "http://h")
    assert one.url("alerts", "http://h") != build(seed=8).url("alerts", "http://h")
    assert len(one.url("alerts", "http://h").partition("sig=")[2]) == 43
