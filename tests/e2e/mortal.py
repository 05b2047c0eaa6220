"""A process of Bridge that may be killed or asked to stop, and the senders it has."""

import base64
import hashlib
import hmac
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
import yaml

from e2e import served
from embedded.ports import own_port

SECRET = "kill-test-secret"
SOURCE = """\
version: 1
sources:
  - id: monitored
    from: {connection: monitor, object: alert}
    as: alert
    fields: {title: title, state: state}
"""
RULE = """\
version: 1
rules:
  - id: alert-becomes-task
    description: What the monitor tells becomes a task.
    when: alert.created
    do:
      - jira.create_issue: {project: ENG, type: Task, summary: "${alert.title}"}
    tests:
      - name: an alert is a task
        given: {event: alert.created, alert: {title: Tides}}
        expect: [jira.create_issue]
"""


@dataclass(frozen=True, kw_only=True)
class Home:
    """What outlives a process: its settings, and a database somewhere."""

    environment: Mapping[str, str]
    port: int

    @contextmanager
    def inhabited(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process that serves; it is there once the block begins. `words` instead of ours."""
        process = subprocess.Popen(
            [sys.executable, *(words or (served.__file__,))],
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._wait_for(process)
            yield process
        finally:
            process.kill()
            process.wait()

    def listens(self) -> bool:
        """Whether somebody answers at its port."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False

    def _wait_for(self, process: subprocess.Popen[bytes]) -> None:
        """Until it listens. Raises RuntimeError if it ended instead."""
        pause = threading.Event()
        while process.poll() is None:
            if self.listens():
                return
            pause.wait(0.05)
        raise RuntimeError(f"the process ended with {process.returncode} instead of serving")


@dataclass(kw_only=True)
class Monitor:
    """A sender of signed webhooks, many at a time. `acknowledged` are the numbers that got a 2xx."""

    port: int
    acknowledged: set[int] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def sending(self, numbers: Iterable[int], *, at_once: int = 64) -> Iterator[None]:
        """Alerts of these numbers are on their way during the block, be there an end of them or not.

        None is sent after the block, or after one that nobody answered; what was sent is answered then.
        """
        left, over = iter(numbers), threading.Event()
        with httpx.Client(timeout=30) as client, ThreadPoolExecutor(at_once) as pool:
            for _ in range(at_once):
                pool.submit(self._send_all, client, left, over)
            try:
                yield
            finally:
                over.set()

    def wait_for(self, count: int) -> bool:
        """Whether so many are acknowledged within a minute."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.acknowledged) >= count, 60)

    def _send_all(
        self, client: httpx.Client, numbers: Iterator[int], over: threading.Event
    ) -> None:
        while not over.is_set() and (number := next(numbers, None)) is not None:
            if not self._send(client, number):
                return

    def _send(self, client: httpx.Client, number: int) -> bool:
        """Whether it was answered, well or not."""
        body = orjson.dumps({"id": number, "fields": {"title": title(number)}})
        at = str(int(time.time()))
        signed = f"message-{number}.{at}.".encode() + body
        digest = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest())
        headers = {
            "webhook-id": f"message-{number}",
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{digest.decode()}",
        }
        try:
            url = f"http://127.0.0.1:{self.port}/webhooks/monitor"
            answer = client.post(url, content=body, headers=headers)
        except httpx.HTTPError:
            return False  # it is dead: nothing was promised
        if answer.is_success:
            with self._changed:
                self.acknowledged.add(number)
                self._changed.notify_all()
        return True


def title(number: int) -> str:
    return f"Alert {number}"


def furnish(
    folder: Path, *, database_url: str, jira_url: str, token: str, limits: Mapping[str, object] = {}
) -> Home:
    """Write the settings and two mappings: what the monitor tells becomes an issue in Jira.

    `limits` are further settings of the Jira connection, as they stand in `bridge.yaml`.
    """
    for name, text in (("sources/monitor.yaml", SOURCE), ("rules/monitor.yaml", RULE)):
        path = folder / "mappings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "secret").write_text(SECRET, encoding="utf-8")
    (folder / "token").write_text(token, encoding="utf-8")
    connections = {
        "jira": {
            "system": "jira",
            "url": jira_url,
            "email": "bridge@example.com",
            "token": f"file:{folder / 'token'}",
            **limits,
        },
        "monitor": {
            "system": "generic",
            "object": "alert",
            "webhook": {"secrets": [f"file:{folder / 'secret'}"]},
        },
    }
    caps = {"writes_per_hour": "none", "per_record": "none"}  # a load is no rule that goes wild
    told = {"connections": connections, "caps": caps}
    (folder / "bridge.yaml").write_text(yaml.safe_dump(told), "utf-8")
    port = own_port()
    return Home(
        environment={
            "BRIDGE_DATABASE_URL": database_url,
            "BRIDGE_CONFIG": str(folder / "bridge.yaml"),
            "BRIDGE_MAPPINGS": str(folder / "mappings"),
            "BRIDGE_PORT": str(port),
        },
        port=port,
    )
