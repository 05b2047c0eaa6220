"""Mutants break what is there: each finds its line once."""

from pathlib import Path

import pytest

from chaos.mutants import MUTANTS, ROOT, SRC, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_a_mutant_changes_one_line_of_the_code_as_it_is(mutant: Mutant, tmp_path: Path) -> None:
    before = (ROOT / SRC / mutant.file).read_text("utf-8")
    copy = tmp_path / SRC / mutant.file
    copy.parent.mkdir(parents=True)
    copy.write_text(before, "utf-8")

    mutant.infect(tmp_path)

    assert mutant.now in copy.read_text("utf-8") != before
    compile(copy.read_text("utf-8"), mutant.file, "exec")


def test_a_mutant_that_finds_nothing_to_break_says_so(tmp_path: Path) -> None:
    (tmp_path / SRC).mkdir(parents=True)
    (tmp_path / SRC / "a.py").write_text("x = 1\n", "utf-8")
    lost = Mutant(name="lost", file="a.py", was="y = 2", now="pass")

    with pytest.raises(ValueError, match=r"lost: a\.py has 0 times"):
        lost.infect(tmp_path)
