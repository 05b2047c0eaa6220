"""What is wrong when everything has calmed down: one line for each broken promise."""

from collections.abc import Iterator
from dataclasses import replace

from agreement.crossing import wrong_comments
from agreement.deeds import JIRA, SALESFORCE, Pair
from agreement.evidence import Seen, asked, conflicts, deliveries, look, words
from agreement.oracle import Owner, allowed
from agreement.people import People
from bridge.outbox.tables import OPEN, DeliveryRow, State
from chaos.evidence import books
from chaos.verdict import complaints

POLICY = {"title": Owner.LATEST, "body": Owner.LATEST, "severity": Owner.ASK, "due": Owner.JIRA}
COLUMNS = {"new": "Planned", "indeterminate": "In progress", "done": "Done"}


def judge(people: People) -> list[str]:
    """Everything that is wrong."""
    found = books(people.world.running.database)
    return [
        *(f"{pair.name}: {text}" for pair in people.deeds.pairs for text in _pair(people, pair)),
        *complaints(replace(found, dead=(), left=())),
        *_unfinished(people),
    ]


def count(people: People) -> dict[str, int]:
    """What there was to judge: acts of people, edits of synced fields, and writes of Bridge to those."""
    pairs = people.deeds.pairs
    edits = sum(pair.counts[name] for pair in pairs for name in POLICY)
    seen = [look(people, pair) for pair in pairs]
    writes = sum(one.writes[name] for one in seen for name in POLICY)
    return {"acts": people.deeds.count, "edits": edits, "writes": writes, "pairs": len(pairs)}


def _pair(people: People, pair: Pair) -> Iterator[str]:
    seen = look(people, pair)
    yield from _made(pair, seen)
    yield from _ping_pong(pair, seen)
    yield from wrong_comments(people, pair)
    if seen.case is not None and seen.issue is not None:
        yield from _fields(people, pair, seen)
        yield from _board(seen)


def _unfinished(people: People) -> Iterator[str]:
    """Nothing is left to do, but for what a person is asked; and nothing is dead, but for what was to be
    written to a record that was deleted meanwhile."""
    pairs = people.deeds.pairs
    buried = {
        ref.rpartition(":")[2]
        for one in pairs
        for side, ref in people.refs(one).items()
        if side in one.buried
    }
    held = {one.id for one in conflicts(people.world.running)}
    for row in deliveries(people.world.running, (*OPEN, State.DEAD)):
        if row.state == State.DEAD and not any(one in _address(row) for one in buried):
            yield f"dead: {row.action} for {row.target_ref}: {row.reason}"
        elif row.state != State.DEAD and row.hold_id not in held:
            yield f"not over: {row.action} for {row.target_ref} is {row.state}: {row.reason}"


def _address(row: DeliveryRow) -> str:
    """What it was to be written to: a comment on a case says so in its values alone."""
    return f"{row.target_ref} {row.args}"


def _made(pair: Pair, seen: Seen) -> Iterator[str]:
    """One issue for each case, whatever happened; what people deleted is not made again."""
    if seen.made > 1:
        yield f"{seen.made} issues were made of it"
    if seen.made == 0 and SALESFORCE not in pair.gone:
        yield "no issue was made of it"
    if JIRA in pair.gone and seen.issue is not None:
        yield f"its issue was deleted, and there is {seen.issue['key']}"


def _fields(people: People, pair: Pair, seen: Seen) -> Iterator[str]:
    assert seen.case is not None
    assert seen.issue is not None
    for name, owner in POLICY.items():
        left, right, may = seen.case[name], seen.issue[name], allowed(pair, name, owner)
        either = {words(one) if name == "body" else one for one in may.either}
        question = owner is Owner.ASK and bool(asked(people, pair))
        if left != right and not (question and may.apart):
            yield f"its {name} is {left!r} in Salesforce and {right!r} in Jira"
        if left == right and left not in either:
            wanted = " or ".join(sorted(map(repr, either)))
            yield f"its {name} is {left!r} on both sides, and {owner} says {wanted}"
        if left == right and question:
            yield f"somebody is asked about its {name}, which is {left!r} on both sides"


def _board(seen: Seen) -> Iterator[str]:
    """The case shows where its issue stands, by the issue's key of now."""
    assert seen.issue is not None
    status = seen.issue["status"]
    wanted = {
        "key": seen.issue["key"],
        "status": COLUMNS[status],
        "due": seen.issue["due"],
        "done": f"{int(status == 'done')} of 1",
    }
    for name, value in wanted.items():
        if seen.board[name] != value:
            yield f"the case shows {name} {seen.board[name]!r} for {value!r}"


def _ping_pong(pair: Pair, seen: Seen) -> Iterator[str]:
    """Each edit of a person is written at most once, at the one other end there is."""
    for name in POLICY:
        if seen.writes[name] > pair.counts[name]:
            edits = f"{pair.counts[name]} edits of people"
            yield f"its {name} was written {seen.writes[name]} times for {edits}"


def settle(people: People) -> None:
    """What both ends show now is where the next edits begin. Only after a verdict of nothing wrong."""
    for pair in people.deeds.pairs:
        seen = look(people, pair)
        if seen.case is None or seen.issue is None:
            continue
        for name in POLICY:
            if seen.case[name] == seen.issue[name]:
                pair.settle(name, seen.case[name])


def questions(people: People) -> list[tuple[Pair, str]]:
    """What somebody is asked: the pair and the hold."""
    return [(pair, hold) for pair in people.deeds.pairs for hold in asked(people, pair)]
