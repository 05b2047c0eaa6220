"""The syncs of all files, checked against sources, actions and maps."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from bridge.rules.compiler import site
from bridge.rules.document import Document, Path
from bridge.rules.pair_loader import PairLoader
from bridge.rules.problem import did_you_mean
from bridge.rules.sources import Source
from bridge.rules.sync import Sync
from bridge.rules.sync_ends import Ends, Ground
from bridge.rules.sync_form import SyncForm
from bridge.rules.sync_talk_check import Speaking, talk_problems
from bridge.rules.sync_twice import twice


class SyncLoader:
    """Problems are collected on the ground."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.sources = {source.id: source for source in ground.sources}
        self.problems = ground.problems

    def syncs(self, found: Sequence[tuple[Document, Path, SyncForm]]) -> tuple[Sync, ...]:
        """Those that can be understood."""
        made: dict[str, Sync] = {}
        for document, place, form in found:
            if form.id in made:
                text = f"there is a sync `{form.id}` already; give this one another id"
                self.problems.append(document.problem((*place, "id"), text))
            sync = self.sync(document, place, form)
            made |= {form.id: sync} if sync else {}
        self.problems.extend(twice([one for one in made.values() if not one.is_off]))
        return tuple(made.values())

    def sync(self, document: Document, place: Path, form: SyncForm) -> Sync | None:
        """The sync, or `None` when nobody knows what it is between."""
        ends = [
            self._source(document, (*place, "between", n), one)
            for n, one in enumerate(form.between)
        ]
        left, right = ends
        if left is None or right is None:
            return None
        if left.connection == right.connection:
            text = f"both are of connection `{left.connection}`; a sync is between two connections"
            self.problems.append(document.problem((*place, "between"), text))
            return None
        one = Ends(self.ground, document, left, right)
        never = one.by_connection((*place, "never"), form.never)
        self.problems.extend(talk_problems(document, place, form, self._places(left, right)))
        return Sync(
            id=form.id,
            version=self._version(document, place),
            left=left,
            right=right,
            roles=form.roles,
            stop=one.stops((*place, "stop"), form.stop),
            never={name: frozenset(map(str.casefold, fields)) for name, fields in never.items()},
            pairs=tuple(PairLoader(one).pairs((*place, "fields"), form)),
            form=form,
            site=site(document, *place),
        )

    def _places(self, *sources: Source) -> list[Speaking]:
        """The two ends, and on which of their objects comments can be said."""
        return [
            Speaking(
                connection=one.connection,
                object=one.object,
                objects=frozenset(
                    action.comments_on
                    for kind, action in self.ground.actions.items()
                    if kind.partition(".")[0] == self.ground.system(one) and action.comments_on
                ),
            )
            for one in sources
        ]

    def _source(self, document: Document, place: Path, name: str) -> Source | None:
        found = self.sources.get(name)
        if found is None:
            text = f"no source `{name}`{did_you_mean(name, self.sources)}"
            self.problems.append(document.problem(place, text))
        return found

    def _version(self, document: Document, place: Path) -> str:
        value: Any = document.value
        for step in place:
            value = value[step]
        text = json.dumps([value, self.ground.worlds.tables], sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
