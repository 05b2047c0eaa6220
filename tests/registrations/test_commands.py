"""`bridge connections webhooks` and `bridge doctor`, over HTTP."""

import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from bridge.cli.main import app
from bridge.connectors.simulation.serve import Served
from bridge.web import api
from registrations.site import Site

Bridge = Callable[..., Result]


@pytest.fixture
def bridge(site: Site) -> Iterator[Bridge]:
    """The command line, pointed at the site's Bridge."""
    folder = site.bridge.loaded.settings.mappings.parent
    with Served(api(site.bridge, drains=False)) as served:
        environment = {
            "BRIDGE_URL": served.url,
            "BRIDGE_KEY": site.client.headers["authorization"].removeprefix("Bearer "),
            "BRIDGE_CONFIG": str(folder / "bridge.yaml"),
            "BRIDGE_DATABASE_URL": site.bridge.loaded.settings.database_url,
            "BRIDGE_MAPPINGS": str(folder / "mappings"),
            "COLUMNS": "200",
        }

        def run(*words: str, typed: str = "") -> Result:
            return CliRunner().invoke(app, list(words), env=environment, input=typed)

        yield run


def test_a_dry_run_shows_what_would_be_done_and_does_nothing(bridge: Bridge, site: Site) -> None:
    result = bridge("connections", "webhooks", "repair", "jira", "--dry-run", "--json")

    assert [one["repair"] for one in json.loads(result.stdout)] == ["register"]
    assert site.hooks() == []


def test_a_repair_asks_first_unless_told_not_to(bridge: Bridge, site: Site) -> None:
    declined = bridge("connections", "webhooks", "repair", "jira", typed="n\n")
    before = site.hooks()

    done = bridge("connections", "webhooks", "repair", "jira", "--yes")

    assert (declined.exit_code, before) == (1, [])
    assert (done.exit_code, len(site.hooks())) == (0, 1)
    assert "there" in done.stdout


def test_the_list_shows_each_connection_and_json_of_the_same(bridge: Bridge) -> None:
    page = bridge("connections", "webhooks").stdout
    rows = json.loads(bridge("connections", "webhooks", "list", "--json").stdout)

    assert [(one["connection"], one["standing"]) for one in rows] == [
        ("jira", "missing"),
        ("monitoring", "unknown"),
        ("teams", "unknown"),
    ]
    assert "missing" in page


def test_doctor_tells_how_a_webhook_stands(bridge: Bridge, site: Site) -> None:
    before = json.loads(bridge("doctor", "--json").stdout)["checks"]
    site.repair()
    after = json.loads(bridge("doctor", "--json").stdout)["checks"]

    told = [
        (one["ok"], one["detail"]) for one in (*before, *after) if one["check"] == "webhook Bridge"
    ]
    assert told == [(False, "missing"), (True, "there")]
