"""`bridge simulators`: three systems for anyone's tests, and the settings that reach them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bridge.app import connect
from bridge.connectors.jira.simulator import Flavour
from bridge.demo.simulators import Simulators
from bridge.settings import load


@pytest.fixture(params=list(Flavour))
def there(request: pytest.FixtureRequest) -> Iterator[Simulators]:
    there = Simulators.up(flavour=request.param)
    yield there
    there.close()


def test_the_settings_they_write_pass_every_check_of_doctor(
    there: Simulators, tmp_path: Path
) -> None:
    config = there.configure(tmp_path)

    linked = connect(load({"BRIDGE_CONFIG": str(config), "BRIDGE_DATABASE_URL": "sqlite:///x"}))
    with httpx.HTTPTransport() as transport:
        for connected in linked.values():
            connected.transport = transport
        checks = [
            (name, check.name, check.detail)
            for name, connected in linked.items()
            for check in connected.connector.check(connected.client)
            if not check.ok
        ]

    assert sorted(linked) == ["jira", "salesforce", "teams"]
    assert checks == []


def test_the_door_of_each_says_what_it_opens(there: Simulators) -> None:
    shown = [httpx.get(f"{url}/_sim/help").json() for url in there.urls]

    verbs = [set(one["POST /_sim/person/{verb}"]) for one in shown]
    assert {"create_issue", "transition"} <= verbs[0]
    assert {"create_case", "click_send_to_engineering", "trouble"} <= verbs[1]
    assert {"turn_off", "mention"} <= verbs[2]
    assert all("cut_after" in one["POST /_sim/faults"]["rates from 0 to 1"] for one in shown)
    assert "summary" in shown[0]["POST /_sim/person/{verb}"]["create_issue"]["arguments"]


def test_the_command_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    folder = tmp_path / "simulated"
    words = [sys.executable, "-m", "bridge", "simulators", "--folder", str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        told = [next(process.stdout) for _ in range(9)]
        shown = httpx.get(told[0].split()[-1]).status_code
        process.send_signal(signal.SIGINT)
        code = process.wait(60)

    assert (shown, code) == (200, 0)
    assert [line.split()[0] for line in told[:3]] == ["Jira", "Salesforce", "Teams"]
    assert (folder / "bridge.yaml").exists()


def test_a_port_that_is_taken_is_said_in_one_line(there: Simulators, tmp_path: Path) -> None:
    port = there.urls[0].rsplit(":", 1)[1]
    words = [sys.executable, "-m", "bridge", "simulators", "--port", port]

    ended = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr.startswith("bridge: the simulators cannot be served so:")
