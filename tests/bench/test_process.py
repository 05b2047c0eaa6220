"""Processes of the benchmark: who ends before its time is told of, with what it said last."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from bench.process import Ended, NotStarted, running, says

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.mark.parametrize("noticed", [None, httpx.ConnectError("nobody there")])
def test_a_process_that_was_killed_is_no_measurement(log: Path, noticed: Exception | None) -> None:
    measured = running(["-c", SLEEPER], log, says(log, "up"), {})
    pid = measured.__enter__()
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    with pytest.raises(Ended, match="up"):
        measured.__exit__(type(noticed) if noticed else None, noticed, None)


def test_a_process_that_does_not_come_up_is_told_of_by_the_end_of_its_log(log: Path) -> None:
    with (
        pytest.raises(NotStarted, match="no such setting"),
        running(["-c", "raise SystemExit('no such setting')"], log, says(log, "up"), {}),
    ):
        pass
