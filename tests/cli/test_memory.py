"""The collector of a process that serves is spared what start-up made."""

import subprocess
import sys
from collections.abc import Mapping
from itertools import takewhile

import orjson

from bridge.cli.memory import YOUNG

SETTLES = """
import gc
from bridge.cli.memory import spare_what_stays

spare_what_stays()
print(gc.get_freeze_count(), gc.get_threshold()[0])
"""


def test_what_there_is_when_it_settles_is_never_looked_through_again() -> None:
    words = [sys.executable, "-c", SETTLES]

    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()

    frozen, young = map(int, said[-1].split())
    assert frozen > 10_000
    assert young == YOUNG


def test_serve_settles_before_it_answers(environment: Mapping[str, str]) -> None:
    words = [sys.executable, "-m", "bridge", "serve"]
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        before = list(takewhile(lambda line: "Uvicorn running" not in line, process.stderr))
        process.terminate()
        process.stderr.read()

    (spared,) = [orjson.loads(line) for line in before if "memory.spared" in line]
    assert spared["objects"] > 50_000  # the tables and the routes are among them
