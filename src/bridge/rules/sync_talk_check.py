"""Whether comments and files can be carried as a sync says: between these two ends, to these objects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.rules.document import Document, Path
from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.sync_form import SyncForm


@dataclass(frozen=True, kw_only=True)
class Speaking:
    """One end. `objects`: those of its system on which comments can be said."""

    connection: str
    object: str
    objects: frozenset[str]


def talk_problems(
    document: Document, place: Path, form: SyncForm, ends: Sequence[Speaking]
) -> Iterator[Problem]:
    """`place`: the sync's."""
    for word, said in (("comments", form.comments), ("attachments", form.attachments)):
        if said is not None:
            yield from _problems(document, (*place, word), said.origin, ends)


def _problems(
    document: Document, place: Path, origin: Sequence[str], ends: Sequence[Speaking]
) -> Iterator[Problem]:
    names = [end.connection for end in ends]
    for number, name in enumerate(origin):
        if name not in names:
            text = f"`{name}` is neither of the two connections{did_you_mean(name, names)}"
            yield document.problem((*place, "from", number), text)
    for end in ends:
        if end.object not in end.objects:
            known = ", ".join(sorted(end.objects))
            rest = f"; there they are said on: {known}" if known else ""
            text = f"no comment can be said on {end.object} of {end.connection}{rest}"
            yield document.key_problem(place, text)
