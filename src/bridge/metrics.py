"""What Prometheus may ask of one process. A registry of its own, so that tests can have several."""

import math
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import ProcessCollector as Process
from prometheus_client import generate_latest as exposed

ACCEPT_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
ATTEMPT_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counters and gauges by name; the methods are the words the rest of the house uses."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        Process(registry=self._registry)
        self._name_counters()
        self._name_times()
        self._name_gauges()
        build = self._gauge("bridge_build_info", "Always 1, with the version", "version")
        build.labels(version("bridge")).set(1)

    def received(self, connection: str, result: str) -> None:
        """A webhook was answered."""
        self._messages.labels(connection, result).inc()

    def accepted(self, seconds: float) -> None:
        """A webhook was durable after so many seconds."""
        self._accept.observe(seconds)

    def recorded(self, kind: str, origin: str) -> None:
        self._events.labels(kind, origin).inc()

    def unmatched(self, kind: str) -> None:
        """An event was decided and no rule matched."""
        self._unmatched.labels(kind).inc()

    def decided(self, rule: str, answer: str) -> None:
        self._decisions.labels(rule, answer).inc()

    def delivered(self, connection: str, state: str) -> None:
        """A delivery came to an end."""
        self._deliveries.labels(connection, state).inc()

    def alerted(self, rule: str, outcome: str, count: int = 1) -> None:
        """What became of alerts: `sent` counts cards, all else alerts."""
        self._alerts.labels(rule, outcome).inc(count)

    def tried(self, connection: str, outcome: str, seconds: float) -> None:
        self._attempts.labels(connection, outcome).inc()
        self._attempt.labels(connection).observe(seconds)

    def repaired(self, keys: int) -> None:
        """Ordering keys did not say what their deliveries say, and were set right."""
        self._repaired.inc(keys)

    def leads(self, *, leader: bool) -> None:
        """Whether this process runs the clock's jobs."""
        self._leader.set(leader)

    def settings(self, *, refused: bool) -> None:
        """Whether the file of settings has faults, so that what was good last stays."""
        self._settings.set(refused)

    def follows(self, rule_version: str) -> None:
        """The set of rules that this process decides by."""
        self._rules.clear()
        self._rules.labels(rule_version).set(1)

    def refresh(
        self,
        *,
        needs_person: Mapping[str, int],
        open_deliveries: Mapping[tuple[str, str], int],
        oldest_due_seconds: Mapping[str, float],
        up: Mapping[str, bool],
        breaker_open: Mapping[str, bool],
        inbox_pending: int,
        budget_left: Mapping[tuple[str, ...], int] | None = None,
        people_unresolved: Mapping[tuple[str, ...], int] | None = None,
        poll_behind_seconds: Mapping[str, float] | None = None,
        resting: Mapping[str, int] | None = None,
        agree: float | None = None,
        after_restore: bool = False,
        folder_refused: bool = False,
    ) -> None:
        """Set the gauges to what the database says now."""
        _show(self._needs_person, {(kind,): count for kind, count in needs_person.items()})
        _show(self._open, {tuple(labels): count for labels, count in open_deliveries.items()})
        _show(self._oldest, {(name,): seconds for name, seconds in oldest_due_seconds.items()})
        _show(self._up, {(name,): float(is_up) for name, is_up in up.items()}, gone=1)
        _show(self._breaker, {(name,): float(is_open) for name, is_open in breaker_open.items()})
        _show(self._budget, budget_left or {})
        _show(self._strangers, people_unresolved or {})
        behind = poll_behind_seconds or {}
        _show(self._polls, {(source,): seconds for source, seconds in behind.items()})
        _show(self._resting, {(what,): count for what, count in (resting or {}).items()})
        self._inbox.set(inbox_pending)
        if agree is not None:
            self._agree.set(agree)
        self._restored.set(after_restore)
        self._refused.set(folder_refused)

    def exposition(self) -> bytes:
        """All of it in Prometheus' text form."""
        return exposed(self._registry)

    def _name_counters(self) -> None:
        self._messages = self._counter("bridge_messages", "Webhooks", "connection", "result")
        self._events = self._counter("bridge_events", "Events recorded", "kind", "origin")
        self._unmatched = self._counter("bridge_events_unmatched", "No rule matched", "kind")
        self._decisions = self._counter("bridge_decisions", "Answers of rules", "rule", "answer")
        self._deliveries = self._counter(
            "bridge_deliveries", "Deliveries that ended", "connection", "state"
        )
        self._alerts = self._counter(
            "bridge_alerts", "Cards sent, and what became of alerts", "rule", "outcome"
        )
        self._attempts = self._counter("bridge_attempts", "Tries", "connection", "outcome")
        self._repaired = Counter(
            "bridge_ordering_keys_repaired", "Stays 0, or we have a bug", registry=self._registry
        )

    def _name_times(self) -> None:
        self._accept = Histogram(
            "bridge_message_accept_seconds",
            "From a webhook's last byte until it is durable",
            buckets=ACCEPT_BUCKETS,
            registry=self._registry,
        )
        self._attempt = Histogram(
            "bridge_attempt_seconds",
            "One try, whatever came of it",
            ["connection"],
            buckets=ATTEMPT_BUCKETS,
            registry=self._registry,
        )

    def _name_gauges(self) -> None:
        self._needs_person = self._gauge("bridge_needs_person", "Waits for a person", "kind")
        self._open = self._gauge("bridge_deliveries_open", "Not ended yet", "connection", "state")
        self._oldest = self._gauge(
            "bridge_oldest_due_seconds", "How long the oldest has been due", "connection"
        )
        self._up = self._gauge("bridge_connection_up", "1: called, 0: not", "connection")
        self._breaker = self._gauge(
            "bridge_breaker_open", "1: not called since it does not answer", "connection"
        )
        self._budget = self._gauge(
            "bridge_budget_left",
            "Calls left of a vendor's limit",
            "connection",
            "part",
            "limit",
            "seconds",
        )
        self._strangers = self._gauge(
            "bridge_people_unresolved",
            "Accounts without a counterpart at another system",
            "connection",
            "wanted_at",
        )
        self._polls = self._gauge(
            "bridge_poll_behind_seconds", "Seconds of which no search has been made", "source"
        )
        self._resting = self._gauge(
            "bridge_resting", "Paused by a person: replays, backfills", "what"
        )
        self._name_states()

    def _name_states(self) -> None:
        """What is one number, or yes and no, for all of it."""
        self._inbox = self._gauge("bridge_inbox_pending", "Messages not translated yet")
        self._agree = self._gauge(
            "bridge_links_in_step_ratio", "Of linked records, as the last audit found them"
        )
        self._agree.set(math.nan)  # there was none
        self._restored = self._gauge(
            "bridge_after_restore", "1: looks before every create, after a restore"
        )
        self._refused = self._gauge(
            "bridge_mappings_refused", "1: the folder has faults, the set before stays active"
        )
        self._settings = self._gauge(
            "bridge_settings_refused", "1: bridge.yaml has faults, what was good last stays"
        )
        self._leader = self._gauge("bridge_leader", "1: runs the clock's jobs")
        self._rules = self._gauge("bridge_rule_version_info", "The set decided by", "hash")

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(name, about, labels, registry=self._registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(name, about, labels, registry=self._registry)


def _show(gauge: Gauge, values: Mapping[tuple[str, ...], float], *, gone: float = 0) -> None:
    """Set each value; what was there and is not any more becomes `gone`, so that no scrape sees a gap."""
    before: dict[tuple[str, ...], Any] = {
        tuple(sample.labels.values()): gone for one in gauge.collect() for sample in one.samples
    }
    for labels, value in {**before, **values}.items():
        gauge.labels(*labels).set(value)
