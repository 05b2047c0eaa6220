"""Is the model of `tests/agreement/` a proof? Break Bridge on purpose, one promise at a time.

    python -m chaos.mutants                       all, some minutes each
    python -m chaos.mutants --only stop --seed 5

Each mutant is one line of the code changed in a copy of this checkout. The model plays runs against it
until it is red. One that stays green is a promise that the model does not guard: then it is blind, or
other tests must guard it. What came of it last is in docs/reliability.md.
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TREES = ("src", "tests", "chaos", "embedded", "migrations", "mappings")
FILES = ("pyproject.toml", "alembic.ini")
SRC = Path("src/bridge")
_PLAYED = re.compile(r"^\{.*'runs'.*\}$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """`was` stands in `file` once, and becomes `now`."""

    name: str
    file: str
    was: str
    now: str

    def infect(self, root: Path) -> None:
        """Raises ValueError where the code has moved on."""
        path = root / SRC / self.file
        text = path.read_text("utf-8")
        if text.count(self.was) != 1:
            raise ValueError(
                f"{self.name}: {self.file} has {text.count(self.was)} times: {self.was}"
            )
        path.write_text(text.replace(self.was, self.now), "utf-8")


MUTANTS = (
    Mutant(
        name="a create whose answer was lost is repeated without a look",
        file="outbox/earlier.py",
        was="if not self.claimed.delivery.find_first or action.repeat is not Repeat.FINDABLE:",
        now="if True:",
    ),
    Mutant(
        name="what a process had in hand when it was killed is simply sent again",
        file="outbox/earlier.py",
        was="if not self.claimed.rescued or action.repeat is Repeat.SAFE:",
        now="if True:",
    ),
    Mutant(
        name="what arrives last counts, however old it is",
        file="ledger/meaning.py",
        was="return sighting.stamp < row.stamp",
        now="return False",
    ),
    Mutant(
        name="every search begins where the last one ended",
        file="pipeline/polling/work.py",
        was="leased.since - OVERLAP * self.scale",
        now="leased.since",
    ),
    Mutant(
        name="a search that failed counts as one that has looked",
        file="pipeline/polling/work.py",
        was="store.give_back(row, due_at=due_at, problem=problem)",
        now="row.since = due_at; store.give_back(row, due_at=due_at, problem=problem)",
    ),
    Mutant(
        name="what we wrote is news when it comes back",
        file="pipeline/syncing/ended.py",
        was="tie.shadow(one.pair, end, {WROTE: far}, stamp=row.started_at, now=now)",
        now="pass",
    ),
    Mutant(
        name="an old message of what we overwrote since is news",
        file="pipeline/syncing/heard.py",
        was="if is_echo or _is_later(sighting, written):",
        now="if True:",
    ),
    Mutant(
        name="a write goes as it was owed, whatever has happened since",
        file="pipeline/syncing/anew.py",
        was="return is_sync(row.rule)",
        now="return False",
    ),
    Mutant(
        name="nothing is read again before it is written",
        file="pipeline/syncing/anew.py",
        was="if _is_late(self.world, one) or _may_be_edited(rules, one.delivery)",
        now="if False",
    ),
    Mutant(
        name="under `latest` the left end counts",
        file="rules/agree.py",
        was="return End.LEFT if _at(left) >= _at(right) else End.RIGHT",
        now="return End.LEFT",
    ),
    Mutant(
        name="under `ask` nobody is asked",
        file="rules/agree.py",
        was="if owner is Owner.ASK:\n        return None",
        now="",
    ),
    Mutant(
        name="the stop switch stops nothing",
        file="pipeline/syncing/tie.py",
        was="return self.sync.stopped({end: row.data for end, row in self.records.items()})",
        now="return None",
    ),
    Mutant(
        name="an internal comment is as good as any",
        file="pipeline/talking/judge.py",
        was='return "it is internal or restricted" if comment.public is False else ""',
        now='return ""',
    ),
    Mutant(
        name="a copy that was taken back is made again",
        file="pipeline/talking/judge.py",
        was="if copy is Copy.OVER:",
        now="if False:",
    ),
    Mutant(
        name="a copy of ours is somebody's comment",
        file="pipeline/talking/ours.py",
        was="    connected = world.connections[comment.connection]\n",
        now="    return False\n",
    ),
    Mutant(
        name="a fact is an event each time it comes",
        file="ledger/store.py",
        was="if not batch.first_time(event, now=context.now):\n        again = ",
        now="batch.first_time(event, now=context.now)\n    if False:\n        again = ",
    ),
    Mutant(
        name="an issue that moved keeps the key it had",
        file="pipeline/applying.py",
        was="moves.renamed(work, world, rules, ref, now=now)",
        now="pass",
    ),
    Mutant(
        name="a case that is merged takes nothing along",
        file="pipeline/applying.py",
        was="moves.merged(work, world, rules, ref, str(sighting.into), now=now)",
        now="pass",
    ),
    Mutant(
        name="a link that comes back is told to nobody",
        file="pipeline/applying.py",
        was="moves.hold_again(work, world, rules, ref, back, cause=event.id, now=now)",
        now="pass",
    ),
    Mutant(
        name="a deleted record still has its links",
        file="ledger/links.py",
        was="    dead = _locked(session, ref, LinkState.LIVE)\n",
        now="    dead = []\n",
    ),
)


def main(arguments: list[str] | None = None) -> int:
    """How many mutants lived."""
    told = _parser().parse_args(arguments)
    chosen = [one for one in MUTANTS if told.only in one.name]
    lived = [one for one in chosen if not _killed(one, seed=told.seed)]
    _say(f"{len(chosen) - len(lived)} of {len(chosen)} mutants were found")
    return len(lived)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chaos.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="those whose name has this in it")
    parser.add_argument("--seed", default=1, type=int, help="of the runs")
    return parser


def _killed(mutant: Mutant, *, seed: int) -> bool:
    """Whether the model is red with it. Says so, and after how many runs."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for tree in TREES:
            shutil.copytree(ROOT / tree, root / tree, ignore=shutil.ignore_patterns("__pycache__"))
        for file in FILES:
            shutil.copy(ROOT / file, root / file)
        mutant.infect(root)
        code, said = _play(root, seed)
    took = time.monotonic() - began
    what = {0: "GREEN", 1: "red"}.get(code, "BROKEN")
    _say(f"{what:6} {mutant.name}: {_runs(said)} runs, {took:.0f} s; {_verdict(said)}")
    return code == 1


def _play(root: Path, seed: int) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-rP", "-p", "no:cacheprovider"]
    command += ["--hypothesis-profile=hunt", f"--hypothesis-seed={seed}", "-k", "sqlite"]
    command += ["tests/agreement/test_agreement.py"]
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def _runs(said: str) -> int:
    """How many runs went well."""
    found = _PLAYED.search(said)
    return int(ast.literal_eval(found[0])["runs"]) if found else 0


def _verdict(said: str) -> str:
    """The first thing that was wrong."""
    lines = said.rpartition("E       Then:")[2].splitlines()
    return next((one.strip("E ") for one in lines if one.strip("E ")), "nothing was wrong")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
