"""What is wrong with a mapping, and where: file, line, column, text."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from typing_extensions import override

from bridge.errors import RuleError


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake. Lines and columns count from 1, as editors do."""

    file: str
    line: int
    column: int
    text: str

    @override
    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class MappingProblems(RuleError):
    """Mappings that cannot be used; `problems` lists every mistake, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The tail of a sentence about an unknown name: the nearest known one, else all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean `{near[0]}`?"
    return f"; known: {', '.join(names)}" if names else ""
