"""Whether comments can be carried as a sync says: between these two ends, to these objects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.rules.document import Document, Path
from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.sync_talk import CommentsForm


@dataclass(frozen=True, kw_only=True)
class Speaking:
    """One end. `objects`: those of its system on which comments can be said."""

    connection: str
    object: str
    objects: frozenset[str]


def talk_problems(
    document: Document, place: Path, form: CommentsForm | None, ends: Sequence[Speaking]
) -> Iterator[Problem]:
    """`place`: the sync's."""
    if form is None:
        return
    names = [end.connection for end in ends]
    for number, name in enumerate(form.origin):
        if name not in names:
            text = f"`{name}` is neither of the two connections{did_you_mean(name, names)}"
            yield document.problem((*place, "comments", "from", number), text)
    for end in ends:
        if end.object not in end.objects:
            known = ", ".join(sorted(end.objects))
            rest = f"; there they are said on: {known}" if known else ""
            text = f"no comment can be said on {end.object} of {end.connection}{rest}"
            yield document.key_problem((*place, "comments"), text)
