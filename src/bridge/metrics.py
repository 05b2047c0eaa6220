"""What Prometheus may ask of one process. A registry of its own, so that tests can have several."""

from collections.abc import Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest


class Metrics:
    """Counters and gauges by name; the methods are the words the rest of the house uses."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._messages = Counter(
            "bridge_messages", "Webhooks by answer", ["connection", "result"], registry=registry
        )
        self._events = Counter(
            "bridge_events", "Events recorded", ["kind", "origin"], registry=registry
        )
        self._decisions = Counter(
            "bridge_decisions", "Rules' answers", ["rule", "answer"], registry=registry
        )
        self._deliveries = Counter(
            "bridge_deliveries", "Deliveries that ended", ["connection", "state"], registry=registry
        )
        self._attempts = Histogram(
            "bridge_attempt_seconds", "Tries", ["connection", "outcome"], registry=registry
        )
        self._needs_person = Gauge(
            "bridge_needs_person", "What waits for a person", ["kind"], registry=registry
        )
        self._open = Gauge(
            "bridge_deliveries_open", "Deliveries by state", ["connection", "state"],
            registry=registry,
        )
        self._oldest = Gauge(
            "bridge_oldest_due_seconds", "How long the oldest waits", ["connection"],
            registry=registry,
        )
        self._up = Gauge(
            "bridge_connection_up", "1: called; 0: paused", ["connection"], registry=registry
        )
        self._inbox = Gauge("bridge_inbox_pending", "Messages to be read", registry=registry)
        self._disagreeing = Counter(
            "bridge_ordering_keys_repaired", "Must stay 0", registry=registry
        )

    def received(self, connection: str, result: str) -> None:
        self._messages.labels(connection, result).inc()

    def recorded(self, kind: str, origin: str) -> None:
        self._events.labels(kind, origin).inc()

    def decided(self, rule: str, answer: str) -> None:
        self._decisions.labels(rule, answer).inc()

    def delivered(self, connection: str, state: str) -> None:
        self._deliveries.labels(connection, state).inc()

    def tried(self, connection: str, outcome: str, seconds: float) -> None:
        self._attempts.labels(connection, outcome).observe(seconds)

    def repaired(self, keys: int) -> None:
        self._disagreeing.inc(keys)

    def refresh(
        self,
        *,
        needs_person: Mapping[str, int],
        open_deliveries: Mapping[tuple[str, str], int],
        oldest_due_seconds: Mapping[str, float],
        up: Mapping[str, bool],
        inbox_pending: int,
    ) -> None:
        """Set the gauges to what the database says now."""
        for gauge in (self._needs_person, self._open, self._oldest, self._up):
            gauge.clear()
        for kind, count in needs_person.items():
            self._needs_person.labels(kind).set(count)
        for (connection, state), count in open_deliveries.items():
            self._open.labels(connection, state).set(count)
        for connection, seconds in oldest_due_seconds.items():
            self._oldest.labels(connection).set(seconds)
        for connection, is_up in up.items():
            self._up.labels(connection).set(is_up)
        self._inbox.set(inbox_pending)

    def exposition(self) -> bytes:
        return generate_latest(self.registry)
