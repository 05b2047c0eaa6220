"""Where the time goes: stacks of Bridge's processes, sampled by py-spy while a cell is measured.

py-spy is no dependency: `pip install py-spy` where you want to look. It takes the thread that holds
the interpreter's lock, so its shares are shares of Python's own time. What a thread used in all, with
SQLite's, libpq's and the kernel's work, is read from /proc and stands beside it.
"""

import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from bench import meter

SAMPLES_A_SECOND = 250
_FRAME = re.compile(r"(?P<name>.+) \((?P<file>[^()]+?)(:\d+)?\)$")
_THREAD = re.compile(r"thread \((?P<id>\d+)\)(: (?P<name>.*))?$")


class NoSampler(Exception):
    """py-spy is not there."""


@contextmanager
def sampled(processes: Mapping[str, int], folder: Path | None) -> Iterator[None]:
    """Write `folder/NAME.stacks` and `NAME.threads` of what each process does inside the block."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    before = {name: meter.thread_seconds(pid) for name, pid in processes.items()}
    running = [_sampler(pid, folder / f"{name}.stacks") for name, pid in processes.items()]
    try:
        yield
    finally:
        for name, pid in processes.items():
            used = Counter(meter.thread_seconds(pid))
            used.subtract(before[name])
            (folder / f"{name}.threads").write_bytes(
                orjson.dumps(used, option=orjson.OPT_NON_STR_KEYS)
            )
        for one in running:
            one.send_signal(signal.SIGINT)
        for one in running:
            one.wait(60)


def _sampler(pid: int, file: Path) -> subprocess.Popen[bytes]:
    found = shutil.which("py-spy")
    if found is None:
        raise NoSampler("py-spy is not on the PATH: pip install py-spy")
    asked = ["record", "--pid", str(pid), "--rate", str(SAMPLES_A_SECOND), "--gil", "--nonblocking"]
    told = ["--format", "raw", "--threads", "--full-filenames", "--output", str(file)]
    return subprocess.Popen(
        [found, *asked, *told], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One stack, outermost frame first, and how often it was seen."""

    thread: int
    name: str
    frames: tuple[tuple[str, str], ...]  # function, file
    count: int


def stacks(lines: Iterable[str]) -> Iterator[Stack]:
    """Out of py-spy's raw form: `thread (12): call_0;main (a.py:3);work (b.py:7) 12`."""
    for line in lines:
        text, _, count = line.rpartition(" ")
        first, *rest = text.split(";")
        thread = _THREAD.match(first)
        frames = tuple((one["name"], one["file"]) for part in rest if (one := _FRAME.match(part)))
        if thread and frames:
            name = re.sub(r"(_\d+)+$", "", thread["name"] or "?")
            yield Stack(thread=int(thread["id"]), name=name, frames=frames, count=int(count))


def shares(found: Sequence[Stack]) -> dict[str, Counter[str]]:
    """Samples by thread, by the innermost function of Bridge, by package and function at work."""
    threads, own, package, leaf = (Counter[str]() for _ in range(4))
    for one in found:
        threads[one.name] += one.count
        own[next(filter(None, map(_own, reversed(one.frames))), "none of Bridge")] += one.count
        name, file = one.frames[-1]
        package[_package(file)] += one.count
        leaf[f"{_package(file)}: {name}"] += one.count
    return {
        "thread": threads,
        "Bridge's innermost function": own,
        "package at work": package,
        "function at work": leaf,
    }


def markdown(file: Path, *, top: int) -> str:
    """The shares of one process, as tables."""
    found = list(stacks(file.read_text(encoding="utf-8").splitlines()))
    total = sum(one.count for one in found)
    lines = [f"**{file.parent.name}: {file.stem}**, {total:,} samples at {SAMPLES_A_SECOND}/s"]
    used = _used(file.with_suffix(".threads"), found)
    lines += ["", "| thread | CPU s |", "| --- | --: |"]
    lines += [f"| {name} | {seconds:.2f} |" for name, seconds in used.most_common(top)]
    for title, counts in shares(found).items():
        lines += ["", f"| {title} | % |", "| --- | --: |"]
        lines += [f"| {name} | {100 * n / total:.1f} |" for name, n in counts.most_common(top)]
    return "\n".join([*lines, ""])


def _used(file: Path, found: Sequence[Stack]) -> "Counter[str]":
    """CPU seconds by the thread's name; threads that never held the lock have none."""
    names = {one.thread: one.name for one in found}
    used = Counter[str]()
    for thread, seconds in orjson.loads(file.read_bytes()).items():
        used[names.get(int(thread), "others")] += seconds
    return used


def _own(frame: tuple[str, str]) -> str:
    name, file = frame
    _, found, inner = file.rpartition("/bridge/")
    return f"{inner}: {name}" if found and "site-packages" not in file else ""


def _package(file: str) -> str:
    if "site-packages/" in file:
        return file.rpartition("site-packages/")[2].partition("/")[0].removesuffix(".py")
    return "bridge" if "/bridge/" in file else f"python's {Path(file).stem}"
