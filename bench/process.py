"""Processes of the benchmark on loopback: started, waited for, ended."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

START_SECONDS = 60.0
END_SECONDS = 40.0
LOOK_SECONDS = 0.05


class NotStarted(Exception):
    """A process did not come up; the text is the end of its log."""


class Ended(Exception):
    """A process ended while it was measured: its exit code, and the end of its log."""


@contextmanager
def running(
    arguments: Sequence[str], log: Path, ready: Callable[[], bool], environment: Mapping[str, str]
) -> Iterator[int]:
    """A Python process that is ready; its id. It is asked to end, and then waited for."""
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
        if process.poll() is not None:
            raise Ended(process.returncode, _tail(log))
    except httpx.TransportError as error:
        if process.poll() is not None:
            raise Ended(process.returncode, _tail(log)) from error
        raise
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(client: httpx.Client, url: str) -> Callable[[], bool]:
    """Whether something answers there, and well."""

    def ready() -> bool:
        try:
            return client.get(url).is_success
        except httpx.TransportError:
            return False

    return ready


def says(log: Path, words: str) -> Callable[[], bool]:
    """Whether a process has said so."""
    return lambda: words in log.read_text("utf-8", "replace")


def _await(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if ready():
            return
        time.sleep(LOOK_SECONDS)
    raise NotStarted(_tail(log))


def _tail(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-2_000:]
