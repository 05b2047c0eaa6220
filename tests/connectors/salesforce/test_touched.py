"""What was changed since a moment is found by SOQL, deleted and merged ones too; and what a query shows."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.reader import search, successors, touched
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.errors import PermanentError
from clocks import FakeClock
from connectors.salesforce.simulated import SECRETS, client_of, simulated

HOUR = timedelta(hours=1)


@pytest.fixture
def org(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[SalesforceSimulator, SalesforceClient]]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with simulated(clock) as (sim, settings), client_of(settings) as client:
        yield sim, client


def test_records_come_the_oldest_change_first_and_no_older_than_asked(
    org: tuple[SalesforceSimulator, SalesforceClient], clock: FakeClock
) -> None:
    sim, client = org
    cases = []
    for number in range(5):
        cases.append(sim.create_case(Subject=f"Reboots {number}"))
        clock.advance(HOUR)
    sim.edit("Case", cases[0], Subject="Reboots again")
    clock.advance(HOUR)
    sim.delete("Case", cases[1])

    found = list(touched(client, "Case", clock.now() - 3 * HOUR, clock.now(), ""))

    assert [(one.id, one.gone) for one in found] == [
        (cases[3], False),
        (cases[4], False),
        (cases[0], False),
        (cases[1], True),
    ]
    assert found[-1].stamp == clock.now()


def test_it_pages_to_its_end(
    org: tuple[SalesforceSimulator, SalesforceClient], clock: FakeClock
) -> None:
    sim, client = org
    cases = {sim.create_case(Subject=f"Reboots {number}") for number in range(450)}

    found = [one.id for one in touched(client, "Case", clock.now() - HOUR, clock.now(), "")]

    assert set(found) == cases
    assert len(found) == 450


def test_only_what_is_asked_for_is_found(
    org: tuple[SalesforceSimulator, SalesforceClient], clock: FakeClock
) -> None:
    sim, client = org
    sim.create_case(Subject="Reboots", Status="New")
    wanted = sim.create_case(Subject="{curly}", Status="Closed")

    where = "Subject = '{curly}' OR Subject = 'nobody''s'".replace("''", "\\'")
    found = list(touched(client, "Case", clock.now() - HOUR, clock.now(), where))

    assert [one.id for one in found] == [wanted]


@pytest.mark.parametrize(
    "query",
    [
        "Subject LIKE 'Reboots%'",
        "SELECT Id FROM Case WHERE Subject LIKE 'Reboots%' ORDER BY CreatedDate DESC",
        "select Id, Subject from Case where Subject like 'Reboots%'",
    ],
)
def test_a_query_shows_every_record_with_its_stamp(
    org: tuple[SalesforceSimulator, SalesforceClient], clock: FakeClock, query: str
) -> None:
    sim, client = org
    cases = [sim.create_case(Subject=f"Reboots {number}") for number in range(250)]
    sim.create_case(Subject="Hangs")
    sim.delete("Case", cases[7])
    clock.advance(HOUR)
    sim.edit("Case", cases[3], Subject="Reboots again")

    found = list(search(client, "Case", query, None, clock.now()))
    late = list(search(client, "Case", query, clock.now() - HOUR / 2, clock.now()))
    every = list(search(client, "Case", "", None, clock.now()))

    assert {one.id for one in found} == {*cases} - {cases[7]}
    assert [(one.id, one.stamp) for one in late] == [(cases[3], clock.now())]
    assert len(every) == 250


def test_a_query_without_ids_is_refused(
    org: tuple[SalesforceSimulator, SalesforceClient], clock: FakeClock
) -> None:
    sim, client = org
    sim.create_case(Subject="Reboots")

    with pytest.raises(PermanentError, match="must select Id"):
        list(search(client, "Case", "SELECT Subject FROM Case", None, clock.now()))


def test_what_was_merged_names_what_it_was_merged_into_in_the_end(
    org: tuple[SalesforceSimulator, SalesforceClient],
) -> None:
    sim, client = org
    first, second, third, alone = (sim.create_case(Subject=f"Twin {n}") for n in range(4))
    sim.merge("Case", first, into=second)
    sim.merge("Case", second, into=third)
    sim.delete("Case", alone)
    comment = sim.comment(third, "no merge knows this object")

    found = successors(client, "Case", [first[:15], alone, third])

    assert found == {first: third}
    assert successors(client, "CaseComment", [comment]) == {}
