"""What is wrong after a round, by the evidence: lost, twice, backwards, or left undone. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from chaos.evidence import Books, Evidence, Issue, Write
from chaos.people import Case, Done

WINDOW = 1.0  # seconds after a thaw within which the sent-twice of a frozen node arrives
KINDS = {True: "Task", False: "Improvement"}  # by whether the case is serious


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One broken promise. `at` is when the write that broke it came, if it was one."""

    text: str
    at: datetime | None = None

    def excused(self, thaws: Sequence[float]) -> bool:
        """Whether it came from a node that was frozen inside its send window: stated, and counted."""
        at = self.at.timestamp() if self.at else 0.0
        return any(0.0 <= at - thaw <= WINDOW for thaw in thaws)


def judge(done: Done, seen: Evidence) -> list[Finding]:
    """Everything that is wrong."""
    return [
        *_creates(done, seen),
        *_titles(done, seen),
        *_boards(done, seen),
        *_cards(done, seen),
        *(Finding(text=text) for text in complaints(seen.books)),
    ]


def _creates(done: Done, seen: Evidence) -> Iterator[Finding]:
    """Each case that asks for an issue has one of the right kind, and no other has any."""
    names = {case.name for case in done.cases}
    for case in done.cases:
        wanted = Counter({KINDS[case.serious]: int(case.serious or case.clicked)})
        mine = _of(seen, case)
        found = Counter(one.kind for one in mine)
        for kind in {*wanted, *found}:
            if found[kind] < wanted[kind]:
                yield Finding(text=f"{case.name} has no {kind}")
            if found[kind] > wanted[kind]:
                keys = ", ".join(one.key for one in mine)
                last = max(one.made for one in mine)
                yield Finding(text=f"{case.name} has {found[kind]} × {kind}: {keys}", at=last)
    for one in seen.issues:
        if one.case not in names:
            yield Finding(text=f"{one.key} is of no case that there is: {one.case}")


def _titles(done: Done, seen: Evidence) -> Iterator[Finding]:
    """Each issue has its case's newest title, and never had an older one again."""
    for case in done.cases:
        for one in _of(seen, case):
            if one.title != case.edits:
                yield Finding(text=f"{one.key} has title {one.title} of {case.edits}")
            yield from _backwards(f"the title of {one.key}", one.titles)


def _boards(done: Done, seen: Evidence) -> Iterator[Finding]:
    """Each case shows its issue's key, due date and column, which never went back."""
    for case in done.cases:
        board = seen.boards[case.id]
        if board.box:
            yield Finding(text=f"the box of {case.name} is still ticked")
        if board.problem:
            yield Finding(text=f"{case.name} shows a problem: {board.problem}")
        yield from _backwards(f"the due date of {case.name}", board.dues)
        yield from _backwards(f"the column of {case.name}", board.columns)
        mine = _of(seen, case)
        if len(mine) != 1:
            continue
        issue = mine[0]
        if board.key != issue.key:
            yield Finding(text=f"{case.name} shows {board.key or 'no key'} for {issue.key}")
        if not issue.heard_due <= board.due <= issue.due:
            text = f"{case.name} shows due date {board.due} of {issue.heard_due} to {issue.due}"
            yield Finding(text=text)
        if not issue.heard_column <= board.column <= issue.column:
            text = f"{case.name} is in column {board.column} of {issue.heard_column}"
            yield Finding(text=f"{text} to {issue.column}")


def _cards(done: Done, seen: Evidence) -> Iterator[Finding]:
    """One card for each task and each incident that was told; a second only where its delivery says `uncertain`."""
    serious = {case.name for case in done.cases if case.serious}
    wanted = {("engineering", one.key) for one in seen.issues if one.case in serious}
    wanted |= {("operations", key) for key in done.incidents if key in seen.heard}
    for channel, key in sorted(wanted):
        count = seen.cards[channel, key]
        if not count:
            yield Finding(text=f"no card about {key} in {channel}")
        if count > 1 and (channel, key) not in seen.doubtful:
            yield Finding(text=f"{count} cards about {key} in {channel}, none marked uncertain")


def complaints(books: Books) -> Iterator[str]:
    """What our own tables say is wrong."""
    yield from (f"not over: {one}" for one in books.left)
    yield from (f"dead: {one}" for one in books.dead)
    yield from (f"message {one}" for one in books.unread)
    yield from (f"still leased: {one}" for one in books.leases)
    yield from (f"a key lost sight of its work: {one}" for one in books.disagreeing)
    yield from (f"a key is due and has no work: {one}" for one in books.idle_but_due)
    yield from (f"still owed after an end: {one}" for one in books.owed)


def _backwards(what: str, writes: Sequence[Write]) -> Iterator[Finding]:
    for before, after in pairwise(writes):
        if after.number < before.number:
            text = f"{what} went from {before.number} back to {after.number}"
            yield Finding(text=text, at=after.at)


def _of(seen: Evidence, case: Case) -> list[Issue]:
    return [one for one in seen.issues if one.case == case.name]
