"""A past at the simulators: what is done in the block was done so long ago, and nobody was told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from typing_extensions import override

from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import JiraSimulator


class EarlyClock(SystemClock):
    """So long behind."""

    def __init__(self, behind: timedelta) -> None:
        super().__init__()
        self.behind = behind

    @override
    def now(self) -> datetime:
        return super().now() - self.behind


@contextmanager
def long_ago(jira: JiraSimulator, behind: timedelta) -> Iterator[EarlyClock]:
    """The site's clock is `behind`; the block may move it on."""
    state, told = jira.site.state, jira.webhook_url
    clock, state.clock = state.clock, EarlyClock(behind)
    jira.webhook_url = None
    try:
        yield state.clock
    finally:
        state.clock, jira.webhook_url = clock, told
