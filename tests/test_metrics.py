"""Metrics: what was counted is what Prometheus reads."""

import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bridge.metrics import Metrics

ALERTS = Path(__file__).parents[1] / "deploy" / "alerts.yaml"
RULES = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"]
Read = Callable[..., float | None]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def read(metrics: Metrics) -> Read:
    """The value of one sample as Prometheus would read it; `None` when there is none."""

    def value(name: str, **labels: str) -> float | None:
        families = text_string_to_metric_families(metrics.exposition().decode())
        found = [
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and sample.labels == labels
        ]
        return found[0] if found else None

    return value


def test_what_flows_is_counted(metrics: Metrics, read: Read) -> None:
    metrics.received("jira", "kept")
    metrics.received("jira", "kept")
    metrics.recorded("feedback.created", "webhook")
    metrics.unmatched("feedback.created")
    metrics.decided("a-rule", "matched")
    metrics.delivered("jira", "succeeded")
    metrics.alerted("a-rule", "silenced", 2)
    metrics.repaired(3)

    assert read("bridge_messages_total", connection="jira", result="kept") == 2
    assert read("bridge_events_total", kind="feedback.created", origin="webhook") == 1
    assert read("bridge_events_unmatched_total", kind="feedback.created") == 1
    assert read("bridge_decisions_total", rule="a-rule", answer="matched") == 1
    assert read("bridge_deliveries_total", connection="jira", state="succeeded") == 1
    assert read("bridge_alerts_total", rule="a-rule", outcome="silenced") == 2
    assert read("bridge_ordering_keys_repaired_total") == 3


def test_a_try_is_counted_and_timed(metrics: Metrics, read: Read) -> None:
    metrics.tried("jira", "done", 0.3)
    metrics.tried("jira", "transient", 0.2)

    assert read("bridge_attempts_total", connection="jira", outcome="done") == 1
    assert read("bridge_attempt_seconds_count", connection="jira") == 2
    assert read("bridge_attempt_seconds_sum", connection="jira") == pytest.approx(0.5)


def test_the_time_until_a_message_is_durable_is_kept(metrics: Metrics, read: Read) -> None:
    metrics.accepted(0.004)

    assert read("bridge_message_accept_seconds_bucket", le="0.005") == 1
    assert read("bridge_message_accept_seconds_bucket", le="0.002") == 0


def test_what_is_gone_from_the_database_becomes_zero(metrics: Metrics, read: Read) -> None:
    metrics.refresh(
        needs_person={"dead": 2},
        open_deliveries={("jira", "pending"): 5},
        oldest_due_seconds={"jira": 12.5},
        up={"jira": False},
        breaker_open={"jira": True},
        inbox_pending=7,
        people_unresolved={("jira", "salesforce"): 3},
        poll_behind_seconds={"cases": 900.0},
    )

    assert read("bridge_needs_person", kind="dead") == 2
    assert read("bridge_deliveries_open", connection="jira", state="pending") == 5
    assert read("bridge_oldest_due_seconds", connection="jira") == 12.5
    assert read("bridge_connection_up", connection="jira") == 0
    assert read("bridge_breaker_open", connection="jira") == 1
    assert read("bridge_inbox_pending") == 7
    assert read("bridge_people_unresolved", connection="jira", wanted_at="salesforce") == 3
    assert read("bridge_poll_behind_seconds", source="cases") == 900

    metrics.refresh(
        needs_person={"bad": 1},
        open_deliveries={},
        oldest_due_seconds={},
        up={"jira": True},
        breaker_open={},
        inbox_pending=0,
    )

    assert read("bridge_needs_person", kind="dead") == 0
    assert read("bridge_needs_person", kind="bad") == 1
    assert read("bridge_deliveries_open", connection="jira", state="pending") == 0
    assert read("bridge_oldest_due_seconds", connection="jira") == 0
    assert read("bridge_connection_up", connection="jira") == 1
    assert read("bridge_breaker_open", connection="jira") == 0
    assert read("bridge_inbox_pending") == 0
    assert read("bridge_people_unresolved", connection="jira", wanted_at="salesforce") == 0


def test_a_channel_that_works_again_is_up_although_its_row_is_gone(
    metrics: Metrics, read: Read
) -> None:
    channel = "teams|channel:alerts"
    for up in ({channel: False}, dict[str, bool]()):
        metrics.refresh(
            needs_person={},
            open_deliveries={},
            oldest_due_seconds={},
            up=up,
            breaker_open={},
            inbox_pending=0,
        )

    assert read("bridge_connection_up", connection=channel) == 1


def test_only_the_active_rules_are_named(metrics: Metrics, read: Read) -> None:
    metrics.follows("aaa")
    metrics.follows("bbb")

    assert read("bridge_rule_version_info", hash="aaa") is None
    assert read("bridge_rule_version_info", hash="bbb") == 1


def test_a_process_says_whether_it_leads_and_what_it_is(metrics: Metrics, read: Read) -> None:
    metrics.leads(leader=True)

    assert read("bridge_leader") == 1
    assert read("bridge_build_info", version=version("bridge")) == 1


def test_two_processes_in_one_test_do_not_share(metrics: Metrics, read: Read) -> None:
    Metrics().received("jira", "kept")

    assert read("bridge_messages_total", connection="jira", result="kept") is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_there_is(metrics: Metrics, rule: dict[str, Any]) -> None:
    families = text_string_to_metric_families(metrics.exposition().decode())
    known = {
        f"{family.name}{ending}"
        for family in families
        for ending in ("", "_total", "_bucket", "_count", "_sum")
    }

    assert set(re.findall(r"\bbridge_\w+", rule["expr"])) <= known
    assert rule["labels"]["severity"] in {"page", "warn"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["remedy"]
