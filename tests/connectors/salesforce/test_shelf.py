"""The files of a simulated org, over real sockets."""

from collections.abc import Iterator

import pytest

from bridge.connectors.files import File
from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.file_actions import AddFile
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from clocks import FakeClock
from connectors.salesforce.simulated import SECRETS, client_of, simulated

KEY = "wrk_mzxw6ytboi"


@pytest.fixture
def org(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[SalesforceSimulator, SalesforceClient]]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with simulated(clock) as (sim, settings), client_of(settings) as client:
        yield sim, client


def bring(case: str, content: bytes, name: str = "log.txt") -> AddFile:
    file = File(name="other", type="text/plain", size=len(content), pieces=lambda: iter([content]))
    action = AddFile(case=case, source="jira:attachment:7", name=name, size=len(content))
    made = action.carrying(file)
    assert isinstance(made, AddFile)
    return made


def test_a_session_that_ends_before_a_file_is_taken_is_renewed_and_the_file_sent_again(
    org: tuple[SalesforceSimulator, SalesforceClient],
) -> None:
    sim, client = org
    case = sim.create_case(Subject="Tides")
    bring(case, b"ebb", "first.txt").run(client, "wrk_other")
    sim.expire_sessions()

    made = bring(case, b"flood").run(client, KEY)

    assert made.ref is not None
    assert sim.org.files[made.ref.id] == b"flood"
    assert len(sim.records("ContentVersion")) == 2
