"""What is shipped: the wheel works outside of the checkout, as the Dockerfile runs it."""

import os
import re
import shlex
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import orjson
import pytest
import yaml

from bridge.settings.environment import Settings, variable
from embedded.ports import own_port

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
STAGES = DOCKERFILE.split("\nFROM ")
LAST = STAGES[-1]


def instructions(stage: str, word: str) -> list[str]:
    return re.findall(rf"^{word} (.+)$", stage, re.MULTILINE)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as the Dockerfile does, with the tool that the environment has."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of the image: its variables, with its paths below a folder of this test."""
    ZipFile(wheel).extractall(tmp_path / "site")
    (tmp_path / "etc").mkdir()
    (tmp_path / "var").mkdir()
    (tmp_path / "etc" / "bridge.yaml").write_text(
        "connections:\n  jira: {system: jira, url: 'http://127.0.0.1:9', email: a@b.c, token: env:T}\n"
        "  salesforce: {system: salesforce, url: 'http://127.0.0.1:9',"
        " auth: {flow: client_credentials, client_id: x, client_secret: env:T}}\n"
        "  teams: {system: teams}\n",
        encoding="utf-8",
    )
    (tmp_path / "etc" / "mappings").symlink_to(ROOT / "mappings")
    given = dict(
        pair.split("=", 1) for line in instructions(LAST, "ENV") for pair in shlex.split(line)
    )
    given.pop("PATH")
    moved = {
        name: value.replace("/etc/bridge", f"{tmp_path}/etc").replace(
            "/var/lib/bridge", f"{tmp_path}/var"
        )
        for name, value in given.items()
    }
    plain = {name: text for name, text in os.environ.items() if not name.startswith("BRIDGE_")}
    own = {"PYTHONPATH": str(tmp_path / "site"), "T": "x", "BRIDGE_PORT": str(own_port())}
    return plain | moved | own | {"BRIDGE_HOST": "127.0.0.1"}


def test_the_wheel_serves_outside_the_checkout_as_the_image_runs_it(
    installed: dict[str, str], tmp_path: Path
) -> None:
    entry = orjson.loads(instructions(LAST, "ENTRYPOINT")[0])
    command = orjson.loads(instructions(LAST, "CMD")[0])
    check = orjson.loads(re.findall(r"^HEALTHCHECK .*?CMD (\[.+\])$", LAST, re.MULTILINE)[0])
    process = subprocess.Popen(
        [sys.executable, "-m", *entry, *command], cwd=tmp_path / "var", env=installed
    )
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=60)) as client:
            url = f"http://127.0.0.1:{installed['BRIDGE_PORT']}"
            ready = client.get(f"{url}/readyz").status_code
        health = subprocess.run([sys.executable, *check[1:]], env=installed, check=False)
    finally:
        process.send_signal(getattr(signal, instructions(LAST, "STOPSIGNAL")[0]))
        ended = process.wait(40)

    assert (ready, health.returncode) == (200, 0)
    assert ended in {0, -signal.SIGTERM}
    database = tmp_path / "var" / "bridge.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert not list(database.parent.glob("bridge.db-*"))  # closed well: nothing is left to recover


def test_the_wheel_holds_every_migration(wheel: Path) -> None:
    inside = {
        Path(name).name for name in ZipFile(wheel).namelist() if "migrations/versions" in name
    }

    assert inside == {path.name for path in (ROOT / "migrations" / "versions").glob("*.py")}


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        word
        for stage in STAGES
        for line in instructions(stage, "COPY")
        if not line.startswith("--from")
        for word in line.split()[:-1]
    }

    assert copied
    assert copied <= let_in
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert instructions(LAST, "USER") == ["10001"]


def test_what_compose_sets_are_settings_and_secrets_that_are_there() -> None:
    services: dict[str, Any] = COMPOSE["services"]
    known = {variable(field) for field in Settings.model_fields}

    assert set(services["bridge"]["environment"]) <= known
    for service in services.values():
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
