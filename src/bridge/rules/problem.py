"""What is wrong with a mapping, and where: file, line, column, text."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from typing_extensions import override

from bridge.errors import RuleError


class Severity(StrEnum):
    """A fault keeps a set from being live; a warning is for a person to judge."""

    FAULT = "fault"
    WARNING = "warning"


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake. Lines and columns count from 1, as editors do.

    The text says what is wrong and, behind its first semicolon, what would be right.
    """

    file: str
    line: int
    column: int
    text: str
    severity: Severity = Severity.FAULT

    @property
    def message(self) -> str:
        return self.text.partition("; ")[0]

    @property
    def remedy(self) -> str:
        return self.text.partition("; ")[2]

    def warning(self) -> "Problem":
        """The same, for a person to judge."""
        return replace(self, severity=Severity.WARNING)

    @override
    def __str__(self) -> str:
        word = "warning: " if self.severity is Severity.WARNING else ""
        return f"{self.file}:{self.line}:{self.column}: {word}{self.text}"


def faults(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that keep a set from being live."""
    return tuple(one for one in problems if one.severity is Severity.FAULT)


class MappingProblems(RuleError):
    """Mappings that cannot be used; `problems` lists every mistake, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was perhaps meant."""
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The tail of a sentence about an unknown name: the nearest known one, else all of them."""
    names = sorted(known)
    near = nearest(name, names)
    if near:
        return f"; did you mean `{near}`?"
    return f"; known: {', '.join(names)}" if names else ""
