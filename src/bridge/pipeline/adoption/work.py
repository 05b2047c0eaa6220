"""The work of an adoption, in small steps: query, look into pairs, link them.

Every step reads the vendors outside any transaction and keeps what it found in one. An adoption
is leased for the time of a step, and a step that finds it moved on keeps nothing: so it survives
a kill, goes on at another node, and never counts a pair twice.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog
from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.errors import BridgeError
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.tables import AdoptionPairRow, AdoptionRow
from bridge.outbox.hearing import hearings
from bridge.outbox.pulse import Pulse
from bridge.pipeline.adoption import judging, store
from bridge.pipeline.adoption.ends import Bounds, Ends, bounds, ends
from bridge.pipeline.adoption.finding import Ask, Asked, Meant, Seen, find, look
from bridge.pipeline.adoption.linking import Linking
from bridge.pipeline.adoption.wish import Outcome, QueryForm, Wish
from bridge.pipeline.leased import TERM, Steps, take
from bridge.pipeline.world import World
from bridge.rules.reading import at
from bridge.rules.ruleset import RuleSet

CHUNK = 50  # pairs looked into in a step: one call for each side
LINKED = 20  # pairs linked in a step: half a second of SQLite's one writer
NO_MEANING = Meant()
T = TypeVar("T")
_PARTS = re.compile(r"[,;\s]+")
log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Adopting:
    """Goes on with adoptions, one step at a time. `pulse`: which connections may be asked."""

    world: World
    pulse: Pulse
    scale: float = 1.0  # of the wait after a vendor did not answer

    def step(self) -> int:
        """One step of one adoption; 0 when there is none to go on with."""
        now = self.world.clock.now()
        leased = take(self.world.database, store.waiting, store.lease, now=now, term=TERM)
        if leased is None:
            return 0
        acts: Mapping[str, Callable[[AdoptionRow, Wish, RuleSet, Ask], None]] = {
            "querying": self._query,
            "reading": self._read,
            "running": self._run,
        }
        act, ask = acts[leased.state], self._steps.ask(leased)

        def go(rules: RuleSet) -> None:
            act(leased, Wish.model_construct(**_wish(leased)), rules, ask)

        self._steps.do(leased, go)
        return 1

    @property
    def _steps(self) -> Steps[AdoptionRow]:
        return Steps(
            what="adoption",
            world=self.world,
            pulse=self.pulse,
            still=store.still,
            over=_over,
            scale=self.scale,
        )

    def _query(self, leased: AdoptionRow, wish: Wish, rules: RuleSet, ask: Ask) -> None:
        """Run the query to its end; its rows become pairs."""
        assert wish.query is not None
        query, role = wish.query, ends(rules, wish, None, None)
        connected = self.world.connections[query.connection]
        found = ask(connected, lambda: list(self._rows(wish, query, role)))
        with self.world.database.transaction() as session:
            row = store.still(session, leased)
            if row is not None:
                store.add_pairs(session, row, found)
                self._went_on(row, state="reading" if found else "planned")

    def _rows(self, wish: Wish, query: QueryForm, role: Ends) -> Iterator[store.Said]:
        connected = self.world.connections[query.connection]
        reader = connected.connector.reader
        assert reader is not None  # the request was judged when it came
        rows = reader.query(connected.client, query.text, [query.field])
        from_left = query.connection == role.left[0]
        for number, row in enumerate(rows):
            if number >= wish.most:
                raise BridgeError(
                    f"the query has more than {wish.most} rows: narrow it, or raise `most`"
                )
            own = str(row.get(reader.row_id) or "")
            for other in _said(at(row, query.field)):
                yield (own, other, role) if from_left else (other, own, role)

    def _read(self, leased: AdoptionRow, wish: Wish, rules: RuleSet, ask: Ask) -> None:
        """Find and look at the next pairs, and judge them against the links there are."""
        with self.world.database.reading() as session:
            rows = store.pairs(session, leased.id, after=leased.done, limit=CHUNK)
        asked = {row.number: _asked(row, wish, rules) for row in rows}
        meant = find(
            self.world.connections, (one for two in asked.values() for one in two if one[0]), ask
        )
        refs = {ref for one in meant.values() if len(one.refs) == 1 for ref in one.refs}
        seen = look(self.world.connections, rules, refs, ask)
        with self.world.database.transaction() as session:
            row = self._steps.ours(session, leased, rules)
            if row is None:
                return
            for pair in store.pairs(session, leased.id, after=leased.done, limit=CHUNK):
                left, right = (meant.get(one, NO_MEANING) for one in asked[pair.number])
                verdict = (
                    judging.name_ends(pair, left, right)
                    or judging.look_at_ends(pair, seen)
                    or judging.against_links(session, pair, _bounds(rules, wish, pair))
                )
                pair.outcome, pair.reason = verdict.outcome, verdict.reason
            row.done += len(rows)
            if row.done >= row.total:
                rows = store.pairs(session, row.id, outcome=Outcome.LINK)
                judging.settle(rows, {pair.number: _bounds(rules, wish, pair) for pair in rows})
            self._went_on(row, state="planned" if row.done >= row.total else "reading")

    def _run(self, leased: AdoptionRow, wish: Wish, rules: RuleSet, ask: Ask) -> None:
        """Link the next pairs, and make their records known."""
        with self.world.database.reading() as session:
            rows = store.pairs(session, leased.id, after=leased.done, limit=LINKED)
        seen = look(self.world.connections, rules, _refs(rows), ask)
        with self.world.database.transaction() as session:
            row = self._steps.ours(session, leased, rules)
            if row is None:
                return
            lock_with_linked(session, (str(ref) for ref in _refs(rows)))
            self._link(session, row, wish, seen, rules)
            row.done += len(rows)
            over = row.done >= row.total
            self._went_on(row, state="done" if over else "running")
            row.finished_at = self.world.clock.now() if over else None

    def _link(
        self,
        session: Session,
        row: AdoptionRow,
        wish: Wish,
        seen: Mapping[Ref, Seen],
        rules: RuleSet,
    ) -> None:
        linking = Linking(
            session=session,
            world=self.world,
            rules=rules,
            note=f"adopted by {row.principal}: {row.id}",
            announce=wish.announce,
            live_since={name: one.live_since for name, one in hearings(session).items()},
            now=self.world.clock.now(),
        )
        for pair in store.pairs(session, row.id, after=row.done, limit=LINKED):
            if pair.outcome in {Outcome.LINK, Outcome.LINKED}:
                linking.link(pair, seen, _bounds(rules, wish, pair))

    def _went_on(self, row: AdoptionRow, *, state: str) -> None:
        now = self.world.clock.now()
        row.state, row.problem, row.not_before = state, "", now
        if state == "planned":
            row.expires_at = now + store.PLAN_LIVES


def _over(row: AdoptionRow, now: datetime) -> None:
    row.finished_at = now


def _wish(row: AdoptionRow) -> dict[str, Any]:
    """The stored wish; its pairs have rows of their own, so it is not whole enough to validate."""
    query = row.wish.get("query")
    return {**row.wish, "query": QueryForm.model_validate(query) if query else None}


def _asked(row: AdoptionPairRow, wish: Wish, rules: RuleSet) -> tuple[Asked, Asked]:
    role = ends(rules, wish, row.role, row.relation)
    return (row.left_said, role.left), (row.right_said, role.right)


def _bounds(rules: RuleSet, wish: Wish, row: AdoptionPairRow) -> Bounds:
    return bounds(rules, row.role, row.relation, several=wish.several)


def _said(value: Any) -> list[str]:
    """The names in a field: several are parted by commas or blanks, and none is one empty name."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Jira's number fields are floats
    plain = str(value) if isinstance(value, str | int) else ""
    return [part for part in _PARTS.split(plain) if part] or [""]


def _refs(rows: list[AdoptionPairRow]) -> set[Ref]:
    wanted = [row for row in rows if row.outcome in {Outcome.LINK, Outcome.LINKED}]
    texts = (text for row in wanted for text in (row.left_ref, row.right_ref) if text)
    return {Ref.parse(text) for text in texts}
