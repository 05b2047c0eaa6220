"""A hot reload under load: nothing is lost or doubled, and no event meets two versions."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import count, pairwise
from pathlib import Path

import pytest

from bridge.connectors.jira.simulator import JiraSimulator
from bridge.db import Database
from e2e.conftest import TOKEN
from e2e.gate import Gate
from e2e.mortal import Home, Monitor, furnish, title
from e2e.reloading import SOME, Folder, follow, titles
from e2e.test_kill import everything_ends
from embedded.ports import own_port
from patience import until

AT_ONCE = 2  # senders: enough that something is always on its way
VERSIONS = ("v1", "v2", "v3")

Furnish = Callable[[Database], tuple[Home, Folder]]


@pytest.fixture
def furnished(tmp_path: Path, jira: JiraSimulator, gate: Gate) -> Furnish:
    """A home with its first version, whose Jira answers once and then no more until it is let."""

    def make(database: Database) -> tuple[Home, Folder]:
        url = database.url.render_as_string(hide_password=False)
        home = furnish(tmp_path, database_url=url, jira_url=jira.site_url, token=TOKEN)
        follow(tmp_path / "bridge.yaml")
        folder = Folder(path=tmp_path / "mappings", database=database)
        folder.write(VERSIONS[0])
        return home, folder

    return make


def edit_under_load(folder: Folder) -> None:
    """Each version becomes active while the one before is at work, with deliveries of it unsent."""
    for before, mark in pairwise(VERSIONS):
        assert until(partial(folder.is_at_work, before))
        folder.write(mark)
        assert until(partial(folder.is_active, mark))
    assert until(partial(folder.decided, VERSIONS[-1]))


def test_on_one_node(
    furnished: Furnish, database: Database, jira: JiraSimulator, gate: Gate
) -> None:
    home, folder = furnished(database)
    monitor = Monitor(port=home.port)
    with home.inhabited():
        with monitor.sending(count(), at_once=AT_ONCE):
            edit_under_load(folder)
        gate.open()
        ended = everything_ends(database)
    arrived = titles([issue["fields"]["summary"] for issue in jira.issues()])
    met = folder.met()

    assert ended
    assert arrived == dict.fromkeys(map(title, monitor.acknowledged), 1)
    assert folder.kinds() == ["follow", "follow", "start"]
    assert [one for one in met if len({*one[1:]}) > 1] == []
    assert {mark for _, mark, *_ in met} == set(VERSIONS)
    assert len(met) == len(monitor.acknowledged)


def test_on_two_nodes(
    furnished: Furnish,
    postgres_database: Database,
    jira: JiraSimulator,
    gate: Gate,
) -> None:
    """Both have the folder, one of them follows it, and both decide by what it made active."""
    home, folder = furnished(postgres_database)
    homes = [_beside(home, node) for node in ("a", "b")]
    monitors = [Monitor(port=one.port) for one in homes]
    with ExitStack() as running:
        for one in homes:
            running.enter_context(one.inhabited())
        with ExitStack() as load:
            for number, monitor in enumerate(monitors):
                load.enter_context(monitor.sending(count(number, 2), at_once=AT_ONCE))
            edit_under_load(folder)
            assert until(lambda: min(len(one.acknowledged) for one in monitors) >= SOME)
        gate.open()
        ended = everything_ends(postgres_database)
    sent = set[int]().union(*(one.acknowledged for one in monitors))
    arrived = titles([issue["fields"]["summary"] for issue in jira.issues()])
    met = folder.met()

    assert ended
    assert arrived == dict.fromkeys(map(title, sent), 1)
    assert folder.kinds() == ["follow", "follow", "start"]
    assert [one for one in met if len({*one[1:]}) > 1] == []
    assert {mark for _, mark, *_ in met} == set(VERSIONS)


def _beside(home: Home, node: str) -> Home:
    """The same home at another door."""
    port = own_port()
    own = {"BRIDGE_NODE": node, "BRIDGE_PORT": str(port)}
    return Home(environment={**home.environment, **own}, port=port)
