"""A process that has lost a part of itself says so and ends: it never goes on and looks well."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping

import orjson
import pytest

from bridge.cli.stopping import BUG

DIES = """
import sys, threading
from bridge import log
from bridge.cli.stopping import end_with_threads

log.configure(style="json", level="info")
end_with_threads()
threading.Thread(target=sys.exit, args=("a secret of somebody",), name=sys.argv[1]).start()
threading.Event().wait(60 * sys.argv[1].startswith("bridge"))
"""


def until_it_serves(lines: Iterator[str]) -> None:
    for line in lines:
        if "Uvicorn running" in line:
            return


@pytest.mark.parametrize(("name", "code"), [("bridge-inbox", BUG), ("somebody-else", 0)])
def test_a_thread_of_ours_that_dies_takes_the_process_along(name: str, code: int) -> None:
    words = [sys.executable, "-c", DIES, name]

    ended = subprocess.run(words, capture_output=True, text=True, check=False)

    (said,) = [orjson.loads(line) for line in ended.stderr.splitlines()]
    assert ended.returncode == code
    assert (said["event"], said["thread"], said["level"]) == (
        "process.thread_died", name, "critical",
    )  # fmt: skip
    assert (said["exception"], "threading.py" in said["stack"]) == ("SystemExit", True)
    assert "secret" not in ended.stderr


def test_a_crash_of_serve_says_where(environment: Mapping[str, str]) -> None:
    words = [sys.executable, "-m", "bridge", "serve"]
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        until_it_serves(process.stderr)
        process.send_signal(signal.SIGABRT)
        said = process.stderr.read()

    assert process.returncode == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in said
    assert "bridge/worker.py" in said
