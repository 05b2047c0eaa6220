"""Nobody gets in without a key, nobody does more than their role; said of every route there is."""

import pytest

from bridge.access.keys import Role
from web.front import Front

OPEN = {"/healthz", "/readyz", "/webhooks/monitoring", "/webhooks/monitoring/x", "/decide/x"}
OPERATOR = {
    ("GET", "/api/v1/audit"),
    ("GET", "/api/v1/messages/x"),
    ("GET", "/api/v1/people/unattributed"),
    ("GET", "/api/v1/people/unresolved"),
    ("GET", "/api/v1/rules/diff"),
    ("GET", "/api/v1/rules/sets/x/files"),
    ("POST", "/api/v1/backfills"),
    ("POST", "/api/v1/backfills/x:cancel"),
    ("POST", "/api/v1/backfills/x:pause"),
    ("POST", "/api/v1/backfills/x:resume"),
    ("POST", "/api/v1/backfills/x:run"),
    ("GET", "/api/v1/connections/x/webhooks"),
    ("POST", "/api/v1/connections/x/webhooks:repair"),
    ("POST", "/api/v1/connections/x:pause"),
    ("POST", "/api/v1/connections/x:resume"),
    ("POST", "/api/v1/deliveries:cancel"),
    ("POST", "/api/v1/deliveries/x:edit"),
    ("POST", "/api/v1/holds/x:decide"),
    ("POST", "/api/v1/holds/x:discard"),
    ("POST", "/api/v1/holds/x:invite"),
    ("POST", "/api/v1/holds/x:release"),
    ("POST", "/api/v1/explain"),
    ("POST", "/api/v1/holds/x:set"),
    ("POST", "/api/v1/links/imports/x:cancel"),
    ("POST", "/api/v1/links/imports/x:run"),
    ("POST", "/api/v1/links/x:unlink"),
    ("POST", "/api/v1/drift/x:cancel"),
    ("POST", "/api/v1/drift/x:repair"),
    ("POST", "/api/v1/drift:run"),
    ("POST", "/api/v1/links"),
    ("POST", "/api/v1/links:import"),
    ("POST", "/api/v1/messages:retranslate"),
    ("POST", "/api/v1/polls/x:run"),
    ("POST", "/api/v1/replays"),
    ("POST", "/api/v1/replays/x:cancel"),
    ("POST", "/api/v1/replays/x:pause"),
    ("POST", "/api/v1/replays/x:resume"),
    ("POST", "/api/v1/replays/x:run"),
    ("POST", "/api/v1/rules/x:discard"),
    ("POST", "/api/v1/rules/x:release"),
    ("POST", "/api/v1/rules:activate"),
    ("POST", "/api/v1/rules:capture"),
    ("POST", "/api/v1/rules:check"),
    ("POST", "/api/v1/rules:dry-run"),
    ("POST", "/api/v1/rules:rollback"),
    ("POST", "/api/v1/rules:try"),
    ("POST", "/api/v1/silences"),
    ("POST", "/api/v1/silences/x:expire"),
}
ADMIN = {
    ("GET", "/api/v1/deliveries/x/revealed"),
    ("GET", "/api/v1/keys"),
    ("POST", "/api/v1/erasures"),
    ("POST", "/api/v1/erasures:count"),
    ("POST", "/api/v1/keys"),
    ("POST", "/api/v1/keys/x:revoke"),
}
QUESTIONS = {
    "/api/v1/rules:capture",
    "/api/v1/rules:check",
    "/api/v1/rules:try",
    "/api/v1/rules:dry-run",
    "/api/v1/erasures:count",
    "/api/v1/explain",
}  # POSTs that change nothing


def guarded(front: Front) -> list[tuple[str, str]]:
    return [(method, path) for method, path in front.routes() if path not in OPEN]


def test_every_route_but_health_and_webhooks_needs_a_key(front_on_sqlite: Front) -> None:
    client = front_on_sqlite.client(None)

    answers = {
        (method, path): client.request(method, path) for method, path in guarded(front_on_sqlite)
    }

    assert len(answers) > 35
    assert {at: one.status_code for at, one in answers.items() if one.status_code != 401} == {}
    assert {one.json()["type"] for one in answers.values()} == {"/problems/key-needed"}
    assert {one.headers["WWW-Authenticate"] for one in answers.values()} == {
        'Bearer realm="bridge"'
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer "},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer brk_0123456789ab_wrong"},
        {"X-Api-Key": "KEY"},
    ],
    ids=["empty", "basic", "wrong", "elsewhere"],
)
def test_what_is_no_key_opens_nothing(front_on_sqlite: Front, headers: dict[str, str]) -> None:
    client = front_on_sqlite.client(None)
    key = front_on_sqlite.keys[Role.ADMIN]
    sent = {name: value.replace("KEY", key) for name, value in headers.items()}

    answers = {
        (method, path): client.request(method, path, headers=sent, params={"key": key}).status_code
        for method, path in guarded(front_on_sqlite)
    }

    assert set(answers.values()) == {401}


@pytest.mark.parametrize(
    ("role", "barred"),
    [(Role.VIEWER, OPERATOR | ADMIN), (Role.OPERATOR, ADMIN), (Role.ADMIN, set())],
    ids=["viewer", "operator", "admin"],
)
def test_a_role_is_barred_from_just_these_routes(
    front_on_sqlite: Front, role: Role, barred: set[tuple[str, str]]
) -> None:
    client = front_on_sqlite.client(role)

    refused = {
        (method, path)
        for method, path in guarded(front_on_sqlite)
        if client.request(method, path).status_code == 403
    }

    assert refused == barred


def test_every_act_needs_an_idempotency_key_and_says_so(front_on_sqlite: Front) -> None:
    client = front_on_sqlite.client()
    posts = [path for method, path in guarded(front_on_sqlite) if method == "POST"]
    bodies = {"/api/v1/keys": {"name": "eve"}}

    refused = {
        path
        for path in posts
        if client.post(path, json=bodies.get(path, {})).json().get("type")
        == "/problems/idempotency-key"
    }
    described = {
        path
        for path, operations in front_on_sqlite.app.openapi()["paths"].items()
        for parameter in operations.get("post", {}).get("parameters", [])
        if (parameter["name"], parameter.get("required")) == ("Idempotency-Key", True)
    }

    assert refused == set(posts) - QUESTIONS
    assert len(described) == len(refused)


def test_a_key_that_was_revoked_is_nobodys_at_once(front: Front) -> None:
    admin, viewer = front.client(), front.client(Role.VIEWER)
    before = viewer.get("/api/v1/whoami").status_code

    revoked = admin.post("/api/v1/keys/a viewer:revoke", headers={"Idempotency-Key": "1"})

    assert revoked.json() == {"name": "a viewer"}
    assert (before, viewer.get("/api/v1/whoami").status_code) == (200, 401)


def test_a_new_key_is_answered_once_and_its_repeat_without_the_token(front: Front) -> None:
    admin = front.client()
    wish = {"name": "anna", "role": "operator"}

    first = admin.post("/api/v1/keys", json=wish, headers={"Idempotency-Key": "1"})
    again = admin.post("/api/v1/keys", json=wish, headers={"Idempotency-Key": "1"})
    taken = admin.post("/api/v1/keys", json=wish, headers={"Idempotency-Key": "2"})
    bearer = {"Authorization": f"Bearer {first.json()['token']}"}

    assert first.status_code == again.status_code == 201
    assert admin.get("/api/v1/whoami", headers=bearer).json() == {
        "name": "anna",
        "role": "operator",
    }
    assert again.json() == {**first.json(), "token": None}
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/name-taken")
    assert "create key" in {one["verb"] for one in admin.get("/api/v1/audit").json()["items"]}
