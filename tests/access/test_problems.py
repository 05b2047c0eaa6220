"""Every error of the API is an RFC 9457 problem, and a bug says nothing about the inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from access.shop import ClientOf
from bridge.access.keys import Role
from bridge.access.problems import Problem, ProblemBody


def test_a_bug_is_a_500_with_a_correlation_id_and_no_inside(client_of: ClientOf) -> None:
    with capture_logs() as lines:
        answer = client_of(None).get("/api/v1/bug?word=anna@example.org")

    problem = answer.json()
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["type"] == "/problems/unexpected"
    assert [line["correlation"] for line in lines] == [problem["correlation"]]
    assert lines[0]["error"] == "KeyError"
    assert "in bug" in lines[0]["stack"]
    for word in ("hunter2", "KeyError", "anna@example.org"):
        assert word not in answer.text
    assert "anna@example.org" not in str(lines)


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/api/v1/nothing", 404, "not-found"),
        ("DELETE", "/api/v1/whoami", 405, "method-not-allowed"),
        ("POST", "/api/v1/raw", 422, "invalid-request"),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(
    client_of: ClientOf, method: str, path: str, status: int, slug: str
) -> None:
    answer = client_of(None).request(method, path)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{slug}"
    assert ProblemBody.model_validate(answer.json()).status == status


def test_a_wrong_method_still_says_which_are_right(client_of: ClientOf) -> None:
    assert client_of(None).delete("/api/v1/whoami").headers["Allow"] == "GET"


def test_an_invalid_request_names_the_field_and_does_not_repeat_the_value(
    client_of: ClientOf,
) -> None:
    answer = client_of(None).post("/api/v1/raw", json={"thing": ["hunter2"]})

    assert answer.json()["errors"][0]["at"] == "body.thing"
    assert "body.thing" in answer.json()["detail"]
    assert "hunter2" not in answer.text


def test_a_body_that_is_no_json_is_a_problem(client_of: ClientOf) -> None:
    headers = {"Content-Type": "application/json"}

    answer = client_of(None).post("/api/v1/raw", content=b'{"thing": \xff', headers=headers)

    assert answer.status_code in {400, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_extension_may_not_shadow_a_member_of_the_problem() -> None:
    with pytest.raises(ValueError, match="own members"):
        Problem("x", "X", status=400, more={"type": "y"})


@given(st.text(), st.dictionaries(st.text(min_size=1), st.text(), max_size=3))
def test_a_problem_is_json_whatever_it_tells(detail: str, more: dict[str, str]) -> None:
    own = {"status", "title", "detail", "type"}
    members = {key: value for key, value in more.items() if key not in own}

    body = Problem("x", "X", status=400, detail=detail, more=members).body()

    assert ProblemBody.model_validate_json(body).title == "X"


def test_openapi_says_what_a_problem_looks_like(client_of: ClientOf) -> None:
    spec = client_of(Role.VIEWER).get("/openapi.json").json()

    for status in ("400", "401", "403", "422"):
        answer = spec["paths"]["/api/v1/audit"]["get"]["responses"][status]
        assert "type" in answer["content"]["application/problem+json"]["schema"]["properties"]
