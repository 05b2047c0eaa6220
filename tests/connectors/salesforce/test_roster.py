"""Who an id is in an org, and who has an address."""

from collections.abc import Iterator

import pytest

from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.quoting import format_soql
from bridge.connectors.salesforce.roster import who, with_email
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from clocks import FakeClock
from connectors.salesforce.simulated import SECRETS, client_of, simulated


@pytest.fixture
def org(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[SalesforceSimulator, SalesforceClient]]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with simulated(clock) as (sim, settings), client_of(settings) as client:
        yield sim, client


def test_a_user_is_told_by_an_id_of_either_length(
    org: tuple[SalesforceSimulator, SalesforceClient],
) -> None:
    sim, client = org
    number = sim.create_user("Dana Reyes", "dana@example.com")

    found = who(client, number[:15])

    assert found is not None
    assert (found.id, found.name, found.email) == (number, "Dana Reyes", "dana@example.com")


def test_a_queue_is_no_person(org: tuple[SalesforceSimulator, SalesforceClient]) -> None:
    sim, client = org
    number = sim.create_queue("Second Line")
    case = sim.create_case(Subject="Reboots", OwnerId=number)

    found = who(client, number)

    assert found is not None
    assert (found.name, found.person) == ("Second Line", False)
    (row,) = client.query(format_soql("SELECT Owner.Name FROM Case WHERE Id = {}", case))
    assert row["Owner"]["Name"] == "Second Line"


def test_everybody_with_an_address_is_found_and_who_left_is_not_active(
    org: tuple[SalesforceSimulator, SalesforceClient],
) -> None:
    sim, client = org
    sim.create_user("Dana Reyes", "dana@example.com", Username="dana@acme.example")
    sim.create_user("Dana Old", "dana@example.com", Username="old@acme.example", IsActive=False)
    sim.create_user(
        "Customer", "x@example.com", Username="portal@acme.example", UserType="CloudIntegrationUser"
    )

    found = {one.name: (one.active, one.person) for one in with_email(client, "dana@example.com")}
    by_login = with_email(client, "portal@acme.example")

    assert found == {"Dana Reyes": (True, True), "Dana Old": (False, True)}
    assert [one.person for one in by_login] == [False]


def test_nobody_has_an_id_that_is_none(
    org: tuple[SalesforceSimulator, SalesforceClient],
) -> None:
    assert who(org[1], "nobody") is None
