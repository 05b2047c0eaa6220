"""People who say what belongs together: they stop a pair for a while, take it apart, merge its case."""

from dataclasses import dataclass

from sqlalchemy import select

from agreement.deeds import JIRA, SALESFORCE, Edit, Pair
from agreement.evidence import look
from agreement.people import People
from agreement.verdict import POLICY
from bridge.ledger.tables import LinkRow, LinkState
from bridge.pipeline.acts.unlink import unlink

BINDING = ("stop", "go on", "take apart", "merge")
STOP = "no-sync"


@dataclass(kw_only=True)
class Binders:
    people: People

    def do(self, pair: Pair, deed: str) -> None:
        match deed:
            case "stop":
                self.stop(pair)
            case "go on":
                self.go_on(pair)
            case "merge":
                self.merge(pair)
            case _:
                self.take_apart(pair)

    def stop(self, pair: Pair) -> None:
        """A label says so."""
        if not pair.stopped and self._label(pair, [STOP], "stops"):
            pair.stopped = True
            self._spare(pair)

    def go_on(self, pair: Pair) -> None:
        if pair.stopped and self._label(pair, [], "lets go on"):
            pair.stopped, pair.unsettled, pair.quiet = False, True, None

    def take_apart(self, pair: Pair) -> None:
        """Bridge is asked to, of a link that holds."""
        bridge = self.people.world.bridge
        if bridge is None or pair.apart:
            return
        refs = self.people.refs(pair)
        with bridge.database.transaction() as session:
            theirs = LinkRow.left_ref == refs[SALESFORCE], LinkRow.right_ref == refs[JIRA]
            query = select(LinkRow).where(*theirs, LinkRow.state == LinkState.LIVE)
            for link in session.scalars(query).all():
                self._say(f"Ann takes {pair.name} apart")
                now = self.people.world.clock.now()
                unlink(session, bridge.world, link, by="ann", why="", now=now)
                pair.apart = True
        if pair.apart:
            self._spare(pair)

    def merge(self, pair: Pair) -> None:
        """Its case becomes one with another, of which nothing was made; that one stays, as it is."""
        issue = self.people.issue(pair)
        if issue is None or pair.gone or pair.left_alone:
            return
        old, new = pair.case, self.people.make_case(pair, "Gateway", "low")
        self._say(f"Sam merges case {pair.name} into another")
        self.people.world.there.org.merge("Case", old, into=new)
        pair.case = new
        pair.merged.append(old)
        self._begin_anew(pair)

    def _begin_anew(self, pair: Pair) -> None:
        """Nobody can tell which end's values are the older ones. What was said on the old case is there."""
        seen = look(self.people, pair)
        assert seen.case is not None
        assert seen.issue is not None
        pair.disputed.clear()
        pair.base, pair.edits, pair.said, pair.unsettled = {}, [], [], True
        now = self.people.world.clock.now()
        for name in POLICY:
            for side, values in ((SALESFORCE, seen.case), (JIRA, seen.issue)):
                pair.note(Edit(at=now, side=side, field=name, value=values[name]))
        pair.texts.clear()
        self.people.touch(pair, SALESFORCE)
        self.people.touch(pair, JIRA)

    def _label(self, pair: Pair, labels: list[str], does: str) -> bool:
        issue = self.people.issue(pair)
        if issue is None:
            return False
        self._say(f"Dana {does} {issue['key']} ({pair.name})")
        kept = [one for one in issue["fields"]["labels"] if one != STOP]
        self.people.site(pair).edit_issue(issue["key"], {"labels": [*kept, *labels]})
        self.people.touch(pair, JIRA)
        return True

    def _spare(self, pair: Pair) -> None:
        """Of what was said before, some may have crossed and some not."""
        pair.disputed.clear()
        for said in pair.said:
            said.spared = True

    def _say(self, text: str) -> None:
        self.people.world.say(text)
