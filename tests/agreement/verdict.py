"""What is wrong when everything has calmed down: one line for each broken promise."""

from collections.abc import Iterator
from dataclasses import replace

from agreement.crossing import note_copies, wrong_copies
from agreement.deeds import JIRA, SALESFORCE, Pair, Said
from agreement.evidence import Seen, asked, conflicts, deliveries, look, repeated, touched, words
from agreement.oracle import Owner, allowed
from agreement.people import People
from bridge.outbox.tables import OPEN, DeliveryRow, State
from chaos.evidence import books
from chaos.verdict import complaints

CREATED, DELETED = "jira:issue_created", "jira:issue_deleted"  # labels of letters
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
    if _was_never_heard_of(people, pair, seen):
        return
    yield from _made(pair, seen)
    yield from _ping_pong(people, pair, seen)
    yield from wrong_copies(people, pair)
    if pair.left_alone:
        yield from _left_alone(pair, seen)
    elif seen.case is not None and seen.issue is not None:
        yield from _fields(people, pair, seen)
    if seen.case is not None and seen.issue is not None:
        yield from _board(pair, seen)
    told = not people.world.mail.missed(DELETED)  # no search shows it: found in an hour
    if seen.case is not None and JIRA in pair.gone and told and seen.board["key"]:
        yield f"its issue was deleted, and the case shows {seen.board['key']!r}"


def _unfinished(people: People) -> Iterator[str]:
    """Nothing is left to do, but for what a person is asked; and nothing is dead, but for what was to be
    written to a record that was deleted meanwhile, or read from it."""
    pairs = people.deeds.pairs
    buried = {
        ref.rpartition(":")[2]
        for one in pairs
        for side, ref in people.refs(one).items()
        if side in one.buried
    }
    buried |= {case for one in pairs for case in one.merged}
    buried |= {
        said.id if said.side == SALESFORCE else f"attachment:{said.id}"
        for one in pairs
        for said in one.said
        if _is_lost(one, said)
    }
    held = {one.id for one in conflicts(people.world.running)}
    for row in deliveries(people.world.running, (*OPEN, State.DEAD)):
        if row.state == State.DEAD and not any(one in _address(row) for one in buried):
            yield f"dead: {row.action} for {row.target_ref}: {row.reason}"
        elif row.state != State.DEAD and row.hold_id not in held:
            yield f"not over: {row.action} for {row.target_ref} is {row.state}: {row.reason}"


def _is_lost(pair: Pair, said: Said) -> bool:
    """A file that went with its record before it was brought."""
    return said.file and said.side in pair.buried


def _address(row: DeliveryRow) -> str:
    """What it was to be written to: a comment on a case says so in its values alone."""
    return f"{row.target_ref} {row.args}"


def _was_never_heard_of(people: People, pair: Pair, seen: Seen) -> bool:
    """Of an issue that was made and deleted without a word that arrived nobody knows: there is another."""
    mail = people.world.mail
    return seen.made == 2 and JIRA in pair.buried and mail.missed(CREATED) and mail.missed(DELETED)


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
        left, right = seen.case[name], seen.issue[name]
        may = allowed(pair, name, owner, touched(people, pair, name))
        either = {words(one) if name == "body" else one for one in may.either}
        question = owner is Owner.ASK and bool(asked(people, pair))
        if left != right and not (question and may.apart):
            yield f"its {name} is {left!r} in Salesforce and {right!r} in Jira"
        if left == right and left not in either:
            wanted = " or ".join(sorted(map(repr, either)))
            yield f"its {name} is {left!r} on both sides, and {owner} says {wanted}"
        if owner is Owner.ASK and name in pair.disputed and not question:
            yield f"its {name} was set on both sides, and nobody is asked"
        if left == right and question:
            yield f"somebody is asked about its {name}, which is {left!r} on both sides"


def _left_alone(pair: Pair, seen: Seen) -> Iterator[str]:
    """Once all was calm nobody writes to it any more, whatever people do there."""
    for name in POLICY:
        if pair.quiet is not None and seen.writes[name] > pair.quiet[name]:
            yield f"its {name} was written while it was to be left alone"


def _board(pair: Pair, seen: Seen) -> Iterator[str]:
    """The case shows where its issue stands, by the issue's key of now; or that it has none."""
    assert seen.issue is not None
    if pair.apart:
        if seen.board["key"] and SALESFORCE not in pair.buried:  # or nobody could write to it then
            yield f"the two were taken apart, and the case shows {seen.board['key']!r}"
        return
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


def _ping_pong(people: People, pair: Pair, seen: Seen) -> Iterator[str]:
    """Each edit of a person is written at most once, at the one other end there is."""
    for name, text in repeated(people, pair):
        yield f"its {name} was written where it had been before: {text!r}"
    for name in POLICY:
        if seen.writes[name] > pair.counts[name]:
            edits = f"{pair.counts[name]} edits of people"
            yield f"its {name} was written {seen.writes[name]} times for {edits}"


def settle(people: People) -> None:
    """What both ends show now is where the next edits begin. Only after a verdict of nothing wrong."""
    for pair in people.deeds.pairs:
        seen = look(people, pair)
        note_copies(people, pair)
        pair.unsettled = False
        pair.quiet = seen.writes if pair.left_alone else None
        if seen.case is None or seen.issue is None:
            continue
        for name in POLICY:
            if seen.case[name] == seen.issue[name]:
                pair.settle(name, seen.case[name])


def questions(people: People) -> list[tuple[Pair, str]]:
    """What somebody is asked: the pair and the hold."""
    pairs = (pair for pair in people.deeds.pairs if not pair.left_alone)
    return [(pair, hold) for pair in pairs for hold in asked(people, pair)]
