"""What stands while a cell is measured: the sink and Bridge, each a process of its own, on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from bench import meter
from bench.cell import Cell
from bench.sink import COUNT, SEEN, Seen

SECRET = "bench-webhook-secret"  # noqa: S105  (guards a process on this machine)
MAPPINGS = Path(__file__).parent / "mappings"
START_SECONDS = 60.0
CALLS_IN_FLIGHT = 16  # of each process


class NotStarted(Exception):
    """A process did not come up; the text is the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A sink and the processes of one Bridge."""

    urls: tuple[str, ...]
    sink_url: str
    pids: tuple[int, ...]

    def seen(self) -> Seen:
        """What has arrived at the sink."""
        return Seen.model_validate_json(httpx.get(self.sink_url + SEEN, timeout=60).content)

    def count(self) -> int:
        """How many writes have arrived at the sink."""
        return int(httpx.get(self.sink_url + COUNT).content)

    def cpu_seconds(self) -> float:
        """Of Bridge's processes; neither the sink's nor the database's."""
        return sum(map(meter.cpu_seconds, self.pids))

    def peak_megabytes(self) -> float:
        """Of the largest of Bridge's processes."""
        return max(map(meter.peak_megabytes, self.pids))


@contextmanager
def standing(cell: Cell, database_url: str, folder: Path) -> Iterator[Stand]:
    """Start all of it; end it after the block. Raises NotStarted."""
    sink_port, *ports = [_free_port() for _ in range(cell.processes + 1)]
    sink_url = f"http://127.0.0.1:{sink_port}"
    config = _configure(folder, sink_url)
    latency = str(cell.latency_ms / 1000)
    with ExitStack() as stack:
        sink = ["-m", "bench.sink", "--port", str(sink_port), "--latency", latency]
        stack.enter_context(_running(sink, folder / "sink.log", sink_url + COUNT, {}))
        pids = []
        for number, port in enumerate(ports):
            environment = {
                "BRIDGE_DATABASE_URL": database_url,
                "BRIDGE_CONFIG": str(config),
                "BRIDGE_MAPPINGS": str(MAPPINGS),
                "BRIDGE_PORT": str(port),
                "BRIDGE_NODE": f"bench-{number}",
                "BRIDGE_WORKERS": str(CALLS_IN_FLIGHT),
            }
            ready, log = f"http://127.0.0.1:{port}/readyz", folder / f"bridge-{number}.log"
            serve = _running(["-m", "bridge", "serve"], log, ready, environment)
            pids.append(stack.enter_context(serve))
        urls = tuple(f"http://127.0.0.1:{port}" for port in ports)
        yield Stand(urls=urls, sink_url=sink_url, pids=tuple(pids))


@contextmanager
def _running(
    arguments: Sequence[str], log: Path, ready: str, environment: Mapping[str, str]
) -> Iterator[int]:
    """A Python process that answers at `ready`; its id. It is asked to end, and then waited for."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **environment},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours to handle
        )
    try:
        _await(process, ready, log)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], ready: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(ready).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise NotStarted(log.read_text("utf-8", "replace")[-2_000:])


def _configure(folder: Path, sink_url: str) -> Path:
    """Write `bridge.yaml` and its secret, as an operator would. Jira is only ever heard."""
    (folder / "secret").write_text(SECRET, encoding="utf-8")
    secret = f"file:{folder / 'secret'}"
    many = {"allow_hosts": ["127.0.0.1"], "concurrency": CALLS_IN_FLIGHT}
    client = {"flow": "client_credentials", "client_id": "bench", "client_secret": secret}
    connections = {
        "jira": {
            "system": "jira", "url": "http://127.0.0.1:9", "email": "bench@example.com",
            "token": secret, "project": "ENG", "webhook": {"secrets": [secret]},
        },
        "salesforce": {"system": "salesforce", "url": sink_url, "auth": client, **many},
    }  # fmt: skip
    path = folder / "bridge.yaml"
    path.write_text(yaml.safe_dump({"connections": connections}), encoding="utf-8")
    return path


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
