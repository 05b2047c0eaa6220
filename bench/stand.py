"""What stands while a cell is measured: the sink and Bridge, or the naive forwarder, on loopback."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from bench import meter
from bench.cell import Cell
from bench.process import answers, running, says
from bench.sink import SEEN, STATE, State, Write, writes
from embedded.ports import own_port

SECRET = "bench-webhook-secret"  # noqa: S105  (guards a process on this machine)
MAPPINGS = Path(__file__).parent / "mappings"
CALLS_IN_FLIGHT = 16  # of each process
HANDS = CALLS_IN_FLIGHT + 1  # Bridge keeps one for the other connection


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A sink and the processes that are measured, by name."""

    client: httpx.Client
    urls: tuple[str, ...]
    sink_url: str
    sink_pid: int
    pids: Mapping[str, int]

    def seen(self) -> list[Write]:
        """What has arrived at the sink."""
        return writes(self.client.get(self.sink_url + SEEN, timeout=60).content)

    def state(self) -> State:
        """How far the sink has come."""
        return State.model_validate_json(self.client.get(self.sink_url + STATE).content)

    def cpu_seconds(self) -> dict[str, float]:
        """Of each process that is measured; neither the sink's nor the database's."""
        return {name: meter.cpu_seconds(pid) for name, pid in self.pids.items()}

    def peak_megabytes(self) -> float:
        """Of the largest of them."""
        return max(map(meter.peak_megabytes, self.pids.values()))


@contextmanager
def standing(cell: Cell, database_url: str, folder: Path) -> Iterator[Stand]:
    """Start all of it; end it after the block. Raises NotStarted."""
    with ExitStack() as stack:
        fresh = httpx.Limits(keepalive_expiry=1.0)  # before a server hangs up on an idle one
        client = stack.enter_context(httpx.Client(trust_env=False, limits=fresh))
        port, log = own_port(), folder / "sink.log"
        sink_url = f"http://127.0.0.1:{port}"
        latency = str(cell.latency_ms / 1000)
        sink = ["-m", "bench.sink", "--port", str(port), "--latency", latency]
        sink_pid = stack.enter_context(running(sink, log, answers(client, sink_url + STATE), {}))
        if cell.database == "memory":
            urls, pids = _naive(stack, client, sink_url, folder)
        else:
            common = {
                "BRIDGE_DATABASE_URL": database_url,
                "BRIDGE_CONFIG": str(_configure(folder, sink_url, bulk=cell.bulk)),
                "BRIDGE_MAPPINGS": str(MAPPINGS),
                "BRIDGE_WORKERS": str(HANDS),
            }
            urls, pids = _bridge(stack, client, cell, folder, common)
        yield Stand(client=client, urls=urls, sink_url=sink_url, sink_pid=sink_pid, pids=pids)


Started = tuple[tuple[str, ...], dict[str, int]]  # where webhooks go, and the processes by name


def _naive(stack: ExitStack, client: httpx.Client, sink_url: str, folder: Path) -> Started:
    port = own_port()
    url = f"http://127.0.0.1:{port}"
    asked = ["-m", "bench.naive", "--port", str(port), "--sink-url", sink_url]
    ready = answers(client, f"{url}/readyz")
    pid = stack.enter_context(running(asked, folder / "naive.log", ready, {}))
    return (url,), {"naive": pid}


def _bridge(
    stack: ExitStack, client: httpx.Client, cell: Cell, folder: Path, common: dict[str, str]
) -> Started:
    """Every `serve` and `work` of a cell. Where there is a `work`, `serve` only receives."""
    ports = [own_port() for _ in range(cell.serves)]
    serve = ["-m", "bridge", "serve", *["--receive-only"] * bool(cell.works)]
    pids = {}
    for number, port in enumerate(ports):
        name = f"serve-{number}"
        ready = answers(client, f"http://127.0.0.1:{port}/readyz")
        own = common | {"BRIDGE_PORT": str(port), "BRIDGE_NODE": name}
        pids[name] = stack.enter_context(running(serve, folder / f"{name}.log", ready, own))
    for number in range(cell.works):
        name = f"work-{number}"
        log = folder / f"{name}.log"
        own = common | {"BRIDGE_NODE": name}
        work = running(["-m", "bridge", "work"], log, says(log, "work.started"), own)
        pids[name] = stack.enter_context(work)
    return tuple(f"http://127.0.0.1:{port}" for port in ports), pids


def _configure(folder: Path, sink_url: str, *, bulk: bool) -> Path:
    """Write `bridge.yaml` and its secret, as an operator would. Jira is only ever heard."""
    (folder / "secret").write_text(SECRET, encoding="utf-8")
    secret = f"file:{folder / 'secret'}"
    many = {"allow_hosts": ["127.0.0.1"], "concurrency": CALLS_IN_FLIGHT, "bulk": bulk}
    client = {"flow": "client_credentials", "client_id": "bench", "client_secret": secret}
    connections: dict[str, dict[str, Any]] = {
        "jira": {
            "system": "jira", "url": "http://127.0.0.1:9", "email": "bench@example.com",
            "token": secret, "project": "ENG", "webhook": {"secrets": [secret]},
        },
        "salesforce": {"system": "salesforce", "url": sink_url, "auth": client, **many},
    }  # fmt: skip
    path = folder / "bridge.yaml"
    caps = {"writes_per_hour": "none", "per_record": "none"}  # a load is no rule that goes wild
    told = {"connections": connections, "caps": caps}
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return path
