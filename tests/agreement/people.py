"""People at the vendors: what they do there, in their own pages, and what they remember of it."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from agreement.deeds import JIRA, SALESFORCE, Deeds, Edit, Pair
from agreement.world import World
from bridge.access.keys import Principal, Role
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.pipeline.syncing.choosing import decide

SITE_OF = {"Router": "jira", "Switch": "jira-dc"}
SEVERITIES = {"critical": "Critical", "high": "High", "medium": "Medium", "low": "Low"}
PRIORITIES = {"critical": "Highest", "high": "High", "medium": "Medium", "low": "Low"}
AT_CASES = ("case title", "case body", "case severity", "case due")
AT_ISSUES = ("issue title", "issue body", "issue severity", "issue due", "status")
RARE_DEEDS = ("move", "delete case", "undelete case", "delete issue")
SHAPES = ("", "\n\nanother paragraph", "\n* one\n* two", "\n\n*loud* and {{quoted}}, 5 * 3")
STATIONS = ("To Do", "In Progress", "In Review", "Done")
MOMENT = 0.01  # Jira stamps to the millisecond: no two changes of an issue have one stamp
_FIRST_DUE = date(2027, 1, 1)


@dataclass(kw_only=True)
class People:
    """Sam works in Salesforce, Dana in Jira. Every value they write is new, and says whose it is."""

    world: World
    deeds: Deeds = field(default_factory=Deeds)
    _account: str = ""
    _words: int = 0

    def open_case(self, product: str, severity: str) -> Pair:
        pair = Pair(number=len(self.deeds.pairs) + 1, case="", site=SITE_OF[product])
        pair.case = self.make_case(pair, product, severity)
        self.deeds.pairs.append(pair)
        row = self.world.there.org.record("Case", pair.case)
        begun = {"title": row["Subject"], "body": row["Description"], "severity": severity}
        for name, value in begun.items():
            self._note(pair, SALESFORCE, name, value)
        pair.counts.clear()  # what a case began with is no edit
        self._say(f"Sam opens case {pair.name} about a {product}, severity {severity}")
        return pair

    def make_case(self, pair: Pair, product: str, severity: str) -> str:
        org = self.world.there.org
        self._account = self._account or org.create("Account", Name="Acme")
        return org.create_case(
            RecordType="Feedback",
            Subject=self._new(pair, "title"),
            Description=self._new(pair, "body"),
            Severity__c=SEVERITIES[severity],
            Product_Line__c=product,
            AccountId=self._account,
        )

    def do(self, pair: Pair, deed: str, value: int) -> None:
        """One of those below; `value` picks among those there are for it."""
        severity = sorted(SEVERITIES)[value % len(SEVERITIES)]
        match deed:
            case "case severity":
                self.edit_case(pair, "severity", severity)
            case "issue severity":
                self.edit_issue(pair, "severity", severity)
            case "status":
                self.move_on(pair, STATIONS[value % len(STATIONS)])
            case "case due":
                self.edit_case(pair, "due", _day(value))
            case "issue due":
                self.edit_issue(pair, "due", _day(value))
            case "move":
                self.move_away(pair)
            case "delete case":
                self.delete_case(pair)
            case "undelete case":
                self.undelete_case(pair)
            case "delete issue":
                self.delete_issue(pair)
            case _:
                side, _, name = deed.partition(" ")
                act = self.edit_case if side == "case" else self.edit_issue
                act(pair, name)

    def edit_case(self, pair: Pair, name: str, value: Any = None) -> None:
        """`value` in canonical words; without one a new text."""
        if SALESFORCE in pair.gone:
            return
        value = self._new(pair, name) if value is None else value
        self._say(f"Sam sets the {name} of case {pair.name} to {value!r}")
        self.world.there.org.edit("Case", pair.case, **{_OF_CASE[name]: _as_case(name, value)})
        self._note(pair, SALESFORCE, name, value)

    def edit_issue(self, pair: Pair, name: str, value: Any = None) -> None:
        issue = self.issue(pair)
        if issue is None:
            return
        value = self._new(pair, name) if value is None else value
        self._say(f"Dana sets the {name} of {issue['key']} ({pair.name}) to {value!r}")
        fields = {_OF_ISSUE[name]: _as_issue(name, value)}
        self.world.clock.advance(MOMENT)
        self.site(pair).edit_issue(issue["key"], fields)
        self._note(pair, JIRA, name, value)
        self.world.clock.advance(MOMENT)

    def disagree(self, pair: Pair, name: str, sides: tuple[str, str], seconds: float) -> None:
        """Both ends get a value of a field, one after the other, before Bridge hears of either."""
        if pair.gone or pair.left_alone or self.issue(pair) is None:
            return
        agreed = name in pair.base and not any(one.field == name for one in pair.edits)
        others = [one for one in sorted(SEVERITIES) if one != pair.base.get(name)]
        for side, value in zip(sides, others, strict=False):
            act = self.edit_case if side == SALESFORCE else self.edit_issue
            act(pair, name, value if name == "severity" else None)
            self.world.clock.advance(seconds)
        if agreed:
            pair.disputed.add(name)

    def move_on(self, pair: Pair, status: str) -> None:
        issue = self.issue(pair)
        if issue is None:
            return
        self._say(f"Dana moves {issue['key']} ({pair.name}) to {status}")
        site = self.site(pair)
        for station in site.way(issue["key"], status):
            self.world.clock.advance(1.0)  # each is a click of its own
            site.transition(issue["key"], station)
        self.touch(pair, JIRA)

    def move_away(self, pair: Pair) -> None:
        """To the other project: another key, the same issue."""
        issue = self.issue(pair)
        if issue is None:
            return
        other = "OPS" if issue["key"].startswith("ENG") else "ENG"
        key = self.site(pair).move_issue(issue["key"], other)
        self._say(f"Dana moves {issue['key']} ({pair.name}) to {other}: it is {key} now")
        self.touch(pair, JIRA)

    def delete_case(self, pair: Pair) -> None:
        if SALESFORCE not in pair.gone:
            self._say(f"Sam deletes case {pair.name}")
            self.world.there.org.delete("Case", pair.case)
            pair.bury(SALESFORCE)
            self.touch(pair, SALESFORCE)

    def undelete_case(self, pair: Pair) -> None:
        if SALESFORCE in pair.gone:
            self._say(f"Sam takes case {pair.name} out of the bin")
            self.world.there.org.undelete("Case", pair.case)
            pair.gone.discard(SALESFORCE)
            self.touch(pair, SALESFORCE)

    def delete_issue(self, pair: Pair) -> None:
        issue = self.issue(pair)
        if issue is not None:
            self._say(f"Dana deletes {issue['key']} ({pair.name})")
            self.site(pair).delete_issue(issue["key"])
            pair.issue = issue["id"]
            pair.bury(JIRA)
            self.touch(pair, JIRA)

    def decide(self, pair: Pair, hold: str, side: str) -> None:
        """Somebody says whose value counts."""
        world, now = self.world.running.world, self.world.clock.now()
        who = Principal(name="ann", role=Role.ADMIN)
        take = SALESFORCE if side == SALESFORCE else pair.site
        self._say(f"Ann is asked about {pair.name}, and takes the value of {take}")
        pair.disputed.clear()
        with world.database.transaction() as session:
            decide(session, world, hold, take, who=who, why="", now=now)

    def refs(self, pair: Pair) -> dict[str, str]:
        """The addresses of both ends, by side; of an issue that is gone as well."""
        issue = self.issue(pair)
        number = pair.issue if issue is None else issue["id"]
        return {SALESFORCE: f"salesforce:Case:{pair.case}", JIRA: f"{pair.site}:issue:{number}"}

    def site(self, pair: Pair) -> JiraSimulator:
        return self.world.there.sites[pair.site]

    def issue(self, pair: Pair) -> dict[str, Any] | None:
        """The issue of a pair, if it is there."""
        found = self.issues(pair)
        return found[0] if found else None

    def issues(self, pair: Pair) -> list[dict[str, Any]]:
        """All that were ever made of it and are there: more than one is one too many."""
        named = re.compile(rf"{pair.name}\b")
        return [
            one
            for site in self.world.there.sites.values()
            for one in site.issues()
            if named.match(one["fields"]["summary"])
        ]

    def _new(self, pair: Pair, name: str) -> str:
        self._words += 1
        text = f"{pair.name} {name} {self._words}"
        return text + SHAPES[self._words % len(SHAPES)] if name == "body" else text

    def _note(self, pair: Pair, side: str, name: str, value: Any) -> None:
        at = self.world.clock.now()
        pair.note(Edit(at=at, side=side, field=name, value=value))
        self.touch(pair, side)

    def touch(self, pair: Pair, side: str) -> None:
        self.deeds.count += 1
        pair.touched[side] = self.world.clock.now()

    def _say(self, text: str) -> None:
        self.world.say(text)


_OF_CASE = {"title": "Subject", "body": "Description", "severity": "Severity__c"}
_OF_CASE |= {"due": "Promised_Date__c"}
_OF_ISSUE = {"title": "summary", "body": "description", "severity": "priority", "due": "duedate"}


def _day(number: int) -> str:
    return (_FIRST_DUE + timedelta(days=number)).isoformat()


def _as_case(name: str, value: Any) -> Any:
    return SEVERITIES[value] if name == "severity" else value


def _as_issue(name: str, value: Any) -> Any:
    return {"name": PRIORITIES[value]} if name == "severity" else value
