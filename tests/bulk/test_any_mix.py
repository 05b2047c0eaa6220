"""Whatever goes together, in any order: each ends as it would have ended alone."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.connectors.jira.mark import mark_label
from bulk.conftest import AtJira, AtSalesforce
from bulk.desk import Desk
from bulk.mixes import Cases, issue
from properties import SHARING

LOCKED_FOR = timedelta(minutes=1)
FAULTS = st.sampled_from([None, None, "cut_after", "cut_before", "server_error_after"])
RECORDS = st.lists(
    st.one_of(
        st.sampled_from(["good", "bad", "unknown", "gone", "locked", "long"]),
        st.sampled_from(["good", "comment", "lost-comment", "upsert", "capitals", "create"]),
    ),
    min_size=2,
    max_size=9,
)
ISSUES = st.lists(
    st.sampled_from(
        ["good", "good", "bad", "unknown", "no type", "no project", "refused", "nobody"]
    ),
    min_size=2,
    max_size=7,
)
SLOWLY = settings(max_examples=20, suppress_health_check=SHARING)


def ends(desk: Desk, ids: Sequence[str]) -> list[tuple[str, str]]:
    return [(desk.delivery(one).state, desk.delivery(one).error_code) for one in ids]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@given(kinds=RECORDS, fault=FAULTS)
@SLOWLY
def test_records_end_as_they_would_alone(
    kinds: list[str], fault: str | None, at_salesforce: AtSalesforce
) -> None:
    sim, desk = at_salesforce
    seen = []
    for alone in (False, True):
        cases = Cases(sim, f"{len(sim.records('Case'))}x")
        ids = desk.owe(*(cases.write(kind) for kind in kinds), alone=alone)
        if fault:
            sim.faults.next(fault, method="PATCH", path_contains="sobjects")
        desk.step()
        desk.clock.advance(LOCKED_FOR)
        cases.let_go()
        desk.settle()
        sim.faults.calm()
        seen.append((ends(desk, ids), cases.shown()))

    together, apart = seen
    assert together == apart


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@given(kinds=ISSUES, fault=FAULTS)
@SLOWLY
def test_issues_end_as_they_would_alone(
    kinds: list[str], fault: str | None, at_jira: AtJira
) -> None:
    sim, desk = at_jira
    seen = []
    for alone in (False, True):
        ids = desk.owe(*(issue(kind) for kind in kinds), alone=alone)
        if fault:
            sim.faults.next(fault, method="POST", path_contains="/issue")
        desk.settle()
        sim.faults.calm()
        labels = [mark_label(desk.delivery(one).write_key) for one in ids]
        seen.append((ends(desk, ids), [sim.created_with_label(one) for one in labels]))

    together, apart = seen
    assert together == apart
    assert [made for _, made in zip(kinds, together[1], strict=True)] == [
        int(kind in {"good", "nobody"}) for kind in kinds
    ]
