"""The audit: who did what, to what, why, and what it changed."""

import pytest

from access.shop import ClientOf
from bridge.access import audit
from bridge.access.keys import Principal, Role
from bridge.access.paging import Span
from bridge.db import Database
from clocks import FakeClock

ANNA = Principal("anna", Role.OPERATOR)


@pytest.fixture
def acts(database: Database, clock: FakeClock) -> None:
    """Anna replays, Ben cancels and replays."""
    ben = Principal("ben", Role.ADMIN)
    with database.transaction() as session:
        for who, verb, target in (
            (ANNA, "replay", "plan_1"),
            (ben, "cancel", "dlv_1"),
            (ben, "replay", "plan_2"),
        ):
            audit.record(
                session,
                who,
                verb,
                target,
                reason="the field is back",
                difference={"deliveries": [1]},
                now=clock.now(),
            )


def test_an_act_is_read_as_it_was_written(acts: None, database: Database, clock: FakeClock) -> None:
    with database.reading() as session:
        entry = audit.page(session, Span(limit=1))[-1]

    assert entry.model_dump(exclude={"seq"}) == {
        "at": clock.now(),
        "principal": "ben",
        "role": Role.ADMIN,
        "verb": "cancel",
        "target": "dlv_1",
        "reason": "the field is back",
        "difference": {"deliveries": [1]},
    }


@pytest.mark.parametrize(
    ("query", "targets"),
    [
        ("", ["plan_2", "dlv_1", "plan_1"]),
        ("principal=ben", ["plan_2", "dlv_1"]),
        ("verb=replay", ["plan_2", "plan_1"]),
        ("verb=replay&principal=anna", ["plan_1"]),
        ("target=dlv_1", ["dlv_1"]),
        ("target=%00%ED%A0%80", []),
    ],
)
def test_the_audit_is_filtered(
    acts: None, client_of: ClientOf, query: str, targets: list[str]
) -> None:
    answer = client_of(Role.OPERATOR).get(f"/api/v1/audit?{query}")

    assert [item["target"] for item in answer.json()["items"]] == targets


def test_a_viewer_does_not_read_the_audit(acts: None, client_of: ClientOf) -> None:
    assert client_of(Role.VIEWER).get("/api/v1/audit").status_code == 403


def test_a_reason_with_a_nul_byte_is_kept_on_both_databases(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        audit.record(
            session,
            ANNA,
            "cancel",
            "d\x00",
            reason="a\x00b\ud800",
            difference={"\x00": "\x00"},
            now=clock.now(),
        )

    with database.reading() as session:
        assert "\x00" not in audit.page(session, Span())[0].reason
