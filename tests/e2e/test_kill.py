"""What was acknowledged is durable: the process is killed in mid-load, and nothing is missing."""

import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import yaml
from sqlalchemy import select

from bridge.db import Database
from bridge.inbox.tables import MessageRow

SECRET = "kill-test-secret"
MAPPINGS = Path(__file__).parents[2] / "mappings"
MESSAGES = 1_000
KILL_AFTER = 300  # acknowledgements


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def environment(tmp_path: Path, port: int) -> dict[str, str]:
    (tmp_path / "secret").write_text(SECRET)
    connection = {
        "system": "jira",
        "url": "http://127.0.0.1:9",
        "email": "bridge@example.com",
        "token": f"file:{tmp_path / 'secret'}",
        "webhook": {"secrets": [f"file:{tmp_path / 'secret'}"]},
    }
    salesforce = {
        "system": "salesforce",
        "url": "http://127.0.0.1:9",
        "auth": {
            "flow": "client_credentials",
            "client_id": "x",
            "client_secret": f"file:{tmp_path / 'secret'}",
        },
    }
    config = {
        "connections": {"jira": connection, "salesforce": salesforce, "teams": {"system": "teams"}}
    }
    (tmp_path / "bridge.yaml").write_text(yaml.safe_dump(config))
    return {
        **os.environ,
        "BRIDGE_DATABASE_URL": f"sqlite:///{tmp_path / 'bridge.db'}",
        "BRIDGE_CONFIG": str(tmp_path / "bridge.yaml"),
        "BRIDGE_MAPPINGS": str(MAPPINGS),
        "BRIDGE_PORT": str(port),
    }


@pytest.fixture
def server(environment: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    transport = httpx.HTTPTransport(retries=60)  # waits longer and longer for the socket
    with httpx.Client(transport=transport) as client:
        client.get(f"http://127.0.0.1:{port}/healthz").raise_for_status()
    yield process
    process.kill()
    process.wait()


@pytest.mark.timeout(120)
def test_a_kill_in_mid_load_loses_no_acknowledged_message(
    server: subprocess.Popen[bytes], environment: dict[str, str], port: int
) -> None:
    acknowledged: list[str] = []
    enough = threading.Event()

    def send(number: int) -> None:
        body = json.dumps({"webhookEvent": "user_created", "number": number}).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "x-hub-signature": f"sha256={signature}",
            "x-atlassian-webhook-identifier": f"message-{number}",
        }
        try:
            answer = client.post(
                f"http://127.0.0.1:{port}/webhooks/jira", content=body, headers=headers
            )
        except httpx.HTTPError:
            return
        if answer.status_code == 202:
            acknowledged.append(f"message-{number}")
            if len(acknowledged) >= KILL_AFTER:
                enough.set()

    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(64) as pool:
        pool.map(send, range(MESSAGES))
        enough.wait(60)
        os.kill(server.pid, signal.SIGKILL)

    database = Database(environment["BRIDGE_DATABASE_URL"])
    with database.reading() as session:
        kept = set(session.scalars(select(MessageRow.dedupe_key)))
    database.close()
    assert len(acknowledged) >= KILL_AFTER
    assert {key for key in acknowledged if not any(key in one for one in kept)} == set()
