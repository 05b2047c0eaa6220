"""The second half of the story: two records agree, whatever is lost, refused, or asked of a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bridge.canonical.spelled import spelled
from bridge.demo.desk import Desk
from bridge.demo.stage import Stage
from bridge.demo.story import Played, Say, Wait, issues_by_title

SHARED, CONTESTED = "Battery lasts half a day", "Wi-Fi drops in meetings"
OPEN = "Firmware update never ends"
REFUSED = ("Backup stops at ninety percent", "VPN asks for a password twice")
SAID_THERE, SAID_HERE = "It is the radio: it never sleeps.", "The customer can test a fix tonight."
FILE, SOURCE = "battery.txt", "engineering-work"
COLUMN = "In progress"  # of the board, once somebody works on it
SYNC = """\
version: 1
syncs:
  - id: case-and-issue
    description: A case and the issue made of it say the same.
    between: [customer-feedback, engineering-work]
    roles: [task, improvement]
    stop: {jira: '"no-sync" in work_item.labels'}
    fields:
      - {salesforce: status, jira: status, owner: latest}
      - {salesforce: promised, jira: due, owner: ask, as: date}
    comments: {}
    attachments: {max: 1MB}
"""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A case and its issue, and the people at either end."""

    stage: Stage
    case: str
    key: str

    @classmethod
    def of(cls, stage: Stage, played: Played, title: str) -> "Pair":
        return cls(stage=stage, case=played.cases[title], key=issues_by_title(stage)[title][0])

    def day(self, ahead: int) -> date:
        return self.stage.bridge.clock.now().date() + timedelta(days=ahead)

    def promise_here(self, ahead: int) -> None:
        """By support, in Salesforce."""
        day = self.day(ahead).isoformat()
        self.stage.salesforce.edit("Case", self.case, Promised_Date__c=day)

    def promise_there(self, ahead: int) -> None:
        """By engineering, in Jira."""
        self.stage.jira.set_due(self.key, self.day(ahead).isoformat())


@dataclass(kw_only=True)
class Agreeing:
    """Its acts, one after the other. `wait` lets everything arrive."""

    stage: Stage
    played: Played
    wait: Wait
    say: Say
    desk: Desk

    def work_at_both_ends(self) -> None:
        self.say("people work at both ends of one case: status, due date, words, a file")
        pair = Pair.of(self.stage, self.played, SHARED)
        self.stage.salesforce.edit("Case", pair.case, Status="Working")
        self.played.columns[SHARED] = COLUMN
        pair.promise_there(21)
        self.stage.jira.comment(pair.key, SAID_THERE)
        self.stage.jira.attach(pair.key, FILE, "22:00 100 %\n07:00 48 %\n")
        self.stage.salesforce.comment(pair.case, SAID_HERE, published=True)
        self.wait()

    def promise_two_days(self, title: str) -> str:
        """The hold that asks whose day counts."""
        self.say("while Jira is paused, both ends promise another day: a person is asked")
        pair = Pair.of(self.stage, self.played, title)
        self.desk.act("/connections/jira:pause", {"why": "an upgrade"})
        pair.promise_here(10)
        pair.promise_there(30)
        self.played.promised[title] = 10
        hold = self.desk.until(self._conflict, "a conflict")
        self.desk.act("/connections/jira:resume", {"why": "it is done"})
        self.wait()
        return hold

    def decide(self, hold: str) -> None:
        asked = self.desk.read(f"/holds/{hold}/conflict")
        values = " or ".join(
            f"{spelled(end['value'])} ({end['connection']})" for end in asked["ends"]
        )
        self.say(f"{asked['ends'][0]['key']}: {values}? Support decides for Salesforce's")
        self.desk.act(
            f"/holds/{hold}:decide", {"take": "salesforce", "why": "the customer was told"}
        )
        self.wait()

    def lose_webhooks(self) -> None:
        self.say("webhooks of Jira are lost; a search finds what happened")
        pair = Pair.of(self.stage, self.played, CONTESTED)
        self.desk.until(
            self._searched_since, "the plan of searches"
        )  # the leader's, soon after a start
        with untold(self.stage):
            self.stage.jira.transition(pair.key, "In Progress")
        self.played.columns[CONTESTED] = COLUMN
        self._search(until=self.stage.bridge.clock.now())
        self.wait()

    def drift_apart(self) -> None:
        pair = Pair.of(self.stage, self.played, SHARED)
        with untold(self.stage):
            pair.promise_here(17)
            self.played.promised[SHARED] = 17
        audit = self.desk.until(self._audit, "an audit of what was changed a moment ago")
        counts = audit["counts"]
        self.say(
            f"an audit reads {counts['links']} linked pairs: {counts.get('in_step', 0)} agree,"
            f" {counts.get('drifted', 0)} not, and the repair is a delivery"
        )
        self.desk.act(f"/drift/{audit['id']}:repair", {"why": "looked at"})
        self.desk.follow(f"/drift/{audit['id']}", while_in="repairing")
        self.wait()
        self.desk.until(self._audit, "an audit of what was repaired")

    def refuse(self) -> None:
        self.say("Jira lets nobody make issues for a while, and two customers write just then")
        self.stage.jira.deny("CREATE_ISSUES")
        for title in REFUSED:
            self.played.cases[title] = self.stage.salesforce.create_case(
                RecordType="Feedback", Subject=title, Severity__c="High", Product_Line__c="Cloud"
            )  # fmt: skip
        self.wait()
        self.stage.jira.allow("CREATE_ISSUES")
        wish = {"filter": {"state": ["dead"]}, "why": "Jira makes issues again"}
        made = self.desk.act("/replays", wish)["id"]
        plan = self.desk.follow(f"/replays/{made}", while_in="planning")
        self.say(
            f"it does again: a replay of what died is planned, {plan['total']} in all, and run"
        )
        self.desk.act(f"/replays/{made}:run", {})
        self.desk.follow(f"/replays/{made}", while_in="running")
        self.wait()

    def _conflict(self) -> str | None:
        found = self.desk.read("/holds?state=open")["items"]
        return next((str(one["id"]) for one in found if one["kind"] == "conflict"), None)

    def _search(self, *, until: datetime) -> None:
        """Again and again: what was changed a moment ago is left to its message."""

        def look() -> bool | None:
            since = self._searched_since()
            if since is not None and since >= until:
                return True
            self.desk.act(f"/polls/{SOURCE}:run", {})
            return None

        self.desk.until(look, f"a search of {SOURCE}")

    def _searched_since(self) -> datetime | None:
        """All that was changed before is here."""
        polls = {one["source"]: one["since"] for one in self.desk.read("/polls")}
        return datetime.fromisoformat(polls[SOURCE]) if SOURCE in polls else None

    def _audit(self) -> dict[str, Any] | None:
        """An audit that leaves nothing to a message that may be on its way."""
        made = self.desk.act("/drift:run", {"why": "webhooks were lost"})["id"]
        audit = self.desk.follow(f"/drift/{made}", while_in="comparing")
        return None if audit["counts"].get("under_way") else audit


@contextmanager
def untold(stage: Stage) -> Iterator[None]:
    """Nothing that happens meanwhile is told to Bridge."""
    org = stage.salesforce
    told = stage.jira.webhook_url, org.outbound_url, org.callout_url
    stage.jira.webhook_url = org.outbound_url = org.callout_url = None
    yield
    stage.jira.webhook_url, org.outbound_url, org.callout_url = told


def agree(stage: Stage, played: Played, wait: Wait, say: Say) -> None:
    """Act after act."""
    with _acts(stage, played, wait, say) as acts:
        acts.work_at_both_ends()
        acts.decide(acts.promise_two_days(CONTESTED))
        acts.lose_webhooks()
        acts.drift_apart()
        acts.refuse()


def ask(stage: Stage, played: Played, wait: Wait, say: Say) -> None:
    """Leave a conflict to whoever looks on."""
    with _acts(stage, played, wait, say) as acts:
        acts.promise_two_days(OPEN)


@contextmanager
def _acts(stage: Stage, played: Played, wait: Wait, say: Say) -> Iterator[Agreeing]:
    desk = Desk(stage)
    try:
        yield Agreeing(stage=stage, played=played, wait=wait, say=say, desk=desk)
    finally:
        desk.close()
