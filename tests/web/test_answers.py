"""How the API answers: problems with stable types, pages without gaps, headers, limits, health."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bridge.access.keys import Role
from bridge.access.limits import MAX_BODY_BYTES, MAX_SET_BYTES
from bridge.bell import DEAF_SECONDS
from bridge.inbox.tables import MessageState
from bridge.rules.tables import ActivationRow
from bridge.web import api
from duties import rows
from embedded.postgres import Server
from patience import until
from web.front import ROWS, Front

SOURCE = Path(__file__).parents[2] / "src" / "bridge"
PAGES = ("messages", "events", "deliveries", "audit", "alarms", "rules/history")
# Clients switch on these: one that is gone or renamed breaks them.
TYPES = {
    "ambiguous-version", "another-set-is-active", "no-reason", "no-such-version", "not-read", "not-tried",
    "bad-request", "hold-decided", "idempotency-key", "invalid-request", "key-needed",
    "key-reused", "mappings-at-fault", "mappings-not-loaded", "no-active-set", "media-type", "method-not-allowed", "name-taken",
    "namesakes", "no-earlier-set", "nobody-found", "not-edited", "not-found", "plan-over", "role-needed",
    "still-on-its-way", "still-running", "too-large", "unexpected", "wrong-cursor",
    "wrong-window",
}  # fmt: skip


def walk(client: TestClient, path: str, **query: str) -> Iterator[int]:
    """The sequence numbers of a list, one a page."""
    cursor = None
    while True:
        given = {"limit": "1", **query, **({"cursor": cursor} if cursor else {})}
        page = client.get(path, params=given).json()
        yield from (item["seq"] for item in page["items"])
        cursor = page["next"]
        if cursor is None:
            return


def test_types_of_problems_stay_what_they_are() -> None:
    found = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "access" in path.parts or "routes" in path.name:
            found |= set(re.findall(r'\bProblem\(\s*"([a-z-]+)"', text))
            found |= set(re.findall(r'^    \d{3}: \("([a-z-]+)"', text, re.MULTILINE))

    assert TYPES - found == set()


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/api/v1/nothing", 404, "not-found"),
        ("GET", "/api/v1/deliveries/dlv_none", 404, "not-found"),
        ("DELETE", "/api/v1/deliveries", 405, "method-not-allowed"),
        ("GET", "/api/v1/deliveries?state=broken", 422, "invalid-request"),
        ("GET", "/api/v1/deliveries?cursor=x", 400, "wrong-cursor"),
        ("GET", "/api/v1/deliveries?limit=100000", 422, "invalid-request"),
        ("GET", "/api/v1/events?since=yesterday", 422, "invalid-request"),
    ],
)
def test_a_refusal_is_a_problem(
    front: Front, method: str, path: str, status: int, slug: str
) -> None:
    answer = front.client().request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{slug}"
    assert answer.json()["detail"]


@pytest.mark.parametrize("path", PAGES)
def test_a_list_is_walked_without_a_gap_in_both_orders(front: Front, path: str) -> None:
    client = front.client()

    newest = list(walk(client, f"/api/v1/{path}"))
    oldest = list(walk(client, f"/api/v1/{path}", order="oldest"))

    assert len(newest) >= (1 if path == "rules/history" else ROWS)
    assert newest == sorted(set(newest), reverse=True)
    assert oldest == newest[::-1]


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/whoami", "/api/v1/nothing", "/metrics"])
def test_no_answer_may_be_framed_sniffed_or_referred(front_on_sqlite: Front, path: str) -> None:
    headers = front_on_sqlite.client().get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    if path.startswith("/api/"):
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "in pieces"])
def test_a_body_that_is_too_large_is_refused(front_on_sqlite: Front, declared: bool) -> None:
    body = b'{"why": "' + b"x" * MAX_BODY_BYTES + b'"}'
    content = body if declared else iter([body[:1000], body[1000:]])

    answer = front_on_sqlite.client().post(
        "/api/v1/rules:rollback",
        content=content,
        headers={"Idempotency-Key": "1", "Content-Type": "application/json"},
    )

    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/too-large"
    assert str(MAX_BODY_BYTES) in answer.json()["detail"]


@pytest.mark.parametrize(("size", "status"), [(2 * MAX_BODY_BYTES, 200), (MAX_SET_BYTES, 413)])
def test_a_set_of_mappings_may_be_larger_than_other_requests(
    front_on_sqlite: Front, size: int, status: int
) -> None:
    comments = {f"rules/{number}.yaml": "# x\n" * 100_000 for number in range(size // 500_000)}

    answer = front_on_sqlite.client().post("/api/v1/rules:check", json={"files": comments})

    assert answer.status_code == status, answer.text


def test_ready_is_said_when_it_is(front: Front) -> None:
    client = front.client(None)

    assert client.get("/healthz").text == "ok\n"
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ready\n")


def test_a_node_says_whether_others_can_wake_it_and_is_ready_all_the_same(front: Front) -> None:
    client, bells = front.client(), front.bridge.worker.bells
    before = client.get("/api/v1/status").json()["hears"]
    bells.patience = DEAF_SECONDS

    assert (before, client.get("/api/v1/status").json()["hears"]) == (True, False)
    assert client.get("/readyz").status_code == 200


def test_a_node_that_cannot_load_the_mappings_is_not_ready_and_says_why_to_those_inside(
    front: Front,
) -> None:
    with front.bridge.database.transaction() as session:
        now = front.bridge.clock.now()
        session.add(ActivationRow(hash="of another version", at=now, by="a test", kind="activate"))
        session.add(rows.message("msg_new", front.bridge.clock.now(), MessageState.PENDING))
    front.bridge.worker.start()

    noticed = until(lambda: "of another version" in front.bridge.worker.not_ready)
    outside, inside = front.client(None).get("/readyz"), front.client().get("/api/v1/status")
    rules = front.client().get("/api/v1/rules")

    assert noticed
    assert outside.status_code == 503
    assert outside.text.startswith("not ready: the workers do not go on")
    assert "of another version" not in outside.text
    assert "of another version is not in the database" in inside.json()["not_ready"]
    assert (rules.status_code, rules.json()["type"]) == (409, "/problems/no-active-set")


@pytest.mark.parametrize("drains", [True, False])
def test_a_process_that_only_receives_leaves_the_rest_to_others(front: Front, drains: bool) -> None:
    before = set(threading.enumerate())
    with TestClient(api(front.bridge, drains=drains)) as client:
        at_work = {thread.name for thread in threading.enumerate() if thread not in before}

        assert client.get("/readyz").text == "ready\n"

    assert ({"bridge-inbox", "bridge-outbox", "bridge-clock"} <= at_work) is drains


def test_a_database_that_is_gone_makes_a_node_not_ready(
    front_on_postgres: Front, postgres_server: Server
) -> None:
    client = front_on_postgres.client(None)
    before = client.get("/readyz").status_code
    postgres_server.drop(front_on_postgres.bridge.database.url.database or "")

    answer = client.get("/readyz")

    assert (before, answer.status_code) == (200, 503)
    assert answer.text.startswith("not ready: the database does not answer")


def test_the_openapi_document_describes_every_route_of_the_api(front_on_sqlite: Front) -> None:
    document = front_on_sqlite.client(Role.VIEWER).get("/api/openapi.json").json()

    served = {path for _, path in front_on_sqlite.routes() if path.startswith("/api/v1/")}
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len(document["paths"]) == len(served)
    assert [one["operationId"] for one in operations if not one.get("summary")] == []
    assert [one["operationId"] for one in operations if "security" not in one] == []
