"""A monitor that tells of everything at once, to one Bridge or two, of which one rule may write little."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import func, select

from bridge.alarms.tables import AlarmRow
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.db import Database
from bridge.inbox import store as inbox
from bridge.inbox.tables import MessageState
from bridge.outbox import store as outbox
from bridge.outbox import wild
from bridge.outbox.tables import DeliveryRow, State
from e2e.mortal import Home, Monitor
from embedded.ports import own_port
from patience import until

CAP = 100
LONG = 150.0  # seconds for all of it; only a test that fails waits so long
RULES = f"""\
version: 1
rules:
  - id: wild
    description: Whatever the monitor tells becomes a task.
    when: alert.created
    caps: {{writes_per_hour: {CAP}}}
    do:
      - jira.create_issue: {{project: ENG, type: Task, summary: "wild ${{alert.title}}"}}
    tests:
      - name: an alert is a task
        given: {{event: alert.created, alert: {{title: Tides}}}}
        expect: [jira.create_issue]
  - id: calm
    description: So does each tenth of it.
    when: alert.created
    if: has(alert.title) && alert.title.endsWith("0")
    do:
      - jira.create_issue: {{project: ENG, type: Task, summary: "calm ${{alert.title}}"}}
    tests:
      - name: the tenth is a task
        given: {{event: alert.created, alert: {{title: "10"}}}}
        expect: [jira.create_issue]
"""
_OPEN = {State.PENDING, State.IN_FLIGHT, State.WAITING}


@dataclass(frozen=True, kw_only=True)
class Stampede:
    """Where nodes live, what they share, and the Jira that they write to."""

    home: Home
    database: Database
    jira: JiraSimulator

    @contextmanager
    def nodes(self, count: int) -> Iterator[list[Monitor]]:
        """So many processes that serve; a monitor for each."""
        with ExitStack() as stack:
            monitors = []
            for number in range(count):
                port = own_port()
                own = {"BRIDGE_PORT": str(port), "BRIDGE_NODE": f"node-{number}"}
                there = {**self.home.environment, **own}
                stack.enter_context(replace(self.home, environment=there, port=port).inhabited())
                monitors.append(Monitor(port=port))
            yield monitors

    def is_over(self) -> bool:
        """Whether nothing is left that may be done."""

        def over() -> bool:
            with self.database.reading() as session:
                left = inbox.count(session, MessageState.PENDING)
                return not left + outbox.open_count(session, _OPEN)

        return until(over, seconds=LONG)

    def is_held(self) -> bool:
        """Whether the rule is held before our patience ends."""
        return until(self._holds)

    def arrived(self) -> Mapping[str, int]:
        """What Jira has, by the rule that wrote it."""
        return Counter(issue["fields"]["summary"].partition(" ")[0] for issue in self.jira.issues())

    def states(self) -> Mapping[str, int]:
        """Deliveries of the wild rule by state."""
        query = select(DeliveryRow.state, func.count()).where(DeliveryRow.rule == "wild")
        with self.database.reading() as session:
            rows = session.execute(query.group_by(DeliveryRow.state)).all()
        return {row[0]: row[1] for row in rows}

    def alarms(self) -> list[str]:
        """That are down."""
        with self.database.reading() as session:
            return list(session.scalars(select(AlarmRow.key).where(AlarmRow.state == "down")))

    def _holds(self) -> bool:
        with self.database.reading() as session:
            return set(wild.open_holds(session)) == {"wild"}
