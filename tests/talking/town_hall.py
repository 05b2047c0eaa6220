"""A case and its issue at the simulators, and what is said on both."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from bridge.canonical.ids import random_id
from bridge.demo.stage import Stage
from bridge.inbox.tables import PollRow
from bridge.ledger.tables import LinkRow
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.polling import store as polls
from bridge.replays.tables import ReplayRow
from patience import until

MAPPINGS = Path(__file__).parents[2] / "mappings"
SYNC = """\
version: 1
syncs:
  - id: case-and-issue
    description: What is said on a case and on its issue is said on both.
    between: [customer-feedback, engineering-work]
    roles: [task]
    comments: {}
    attachments: {max: 1MB, types: [text/plain, image/*]}
"""
QUIET_LOOKS = 8
CASE = {"RecordType": "Feedback", "Severity__c": "Critical", "Product_Line__c": "Router"}


def mappings(folder: Path, sync: str = SYNC) -> Path:
    """The shipped ones, with this sync."""
    shutil.copytree(MAPPINGS, folder, dirs_exist_ok=True)
    (folder / "syncs").mkdir(exist_ok=True)
    (folder / "syncs" / "case-and-issue.yaml").write_text(sync, encoding="utf-8")
    return folder


@dataclass
class Looks:
    """At each look: how many in a row found everything quiet."""

    stage: Stage

    def __iter__(self) -> Iterator[int]:
        quiet = 0
        while True:
            quiet = quiet + 1 if self.stage.quiet() else 0
            yield quiet


@dataclass(kw_only=True)
class Linked:
    """A case and the issue that was made of it."""

    stage: Stage
    case: str
    issue: str

    def settle(self) -> None:
        """Until nothing is on its way, at several looks in a row: work may be between two places."""
        looks = iter(Looks(self.stage))
        assert until(lambda: next(looks) >= QUIET_LOOKS)

    def on_case(self) -> list[str]:
        """What the case says, oldest first, without our marks."""
        said = self.stage.salesforce.case_comments(self.case)
        return [_bare(str(one["CommentBody"])) for one in said]

    def on_issue(self) -> list[str]:
        return [_bare(str(one["body"])) for one in self.stage.jira.comments(self.issue)]

    def files_on_case(self) -> dict[str, bytes]:
        org = self.stage.salesforce
        rows = org.records("ContentVersion")
        mine = [one for one in rows if one["FirstPublishLocationId"] == self.case]
        return {str(one["PathOnClient"]): org.org.files[str(one["Id"])] for one in mine}

    def files_on_issue(self) -> dict[str, bytes]:
        issue = self.stage.jira.site.state.issue(self.issue)
        return {one.name: one.content for one in issue.attachments.values()}

    def texts(self, said: list[str]) -> list[str]:
        """Without the head of a copy."""
        return [one.partition(" UTC:\n\n")[2] or one for one in said]

    def marked(self) -> int:
        """How many comments of the case carry our mark."""
        said = self.stage.salesforce.case_comments(self.case)
        return sum("[bridge lnk_" in str(one["CommentBody"]) for one in said)

    def over(self) -> int:
        """How many of our copies on either are over, by their links."""
        query = select(LinkRow).where(LinkRow.relation == "copies", LinkRow.state == "dead")
        with self.stage.bridge.database.reading() as session:
            ways = {row.slot for row in session.scalars(query)}
            mine = select(LinkRow.id).where(LinkRow.left_ref == f"salesforce:Case:{self.case}")
            return len(ways & set(session.scalars(mine)))

    def link(self) -> None:
        """Somebody links the two by hand."""
        pair = {"left": f"salesforce:Case:{self.case}", "right": self.issue, "role": "task"}
        self._post("/links", {**pair, "why": "a test"})
        self.settle()

    def dismiss_create(self) -> None:
        """Somebody cancels the create of the issue, which waits for Jira."""
        mine = (DeliveryRow.subject == f"salesforce:Case:{self.case}", DeliveryRow.step == "task")
        query = select(DeliveryRow.id).where(*mine)
        with self.stage.bridge.database.reading() as session:
            ids = list(session.scalars(query))
        wish = {"filter": {"ids": ids}, "why": "a test"}
        assert until(lambda: self._post("/deliveries:cancel", wish)["count"])

    def replayed(self) -> list[str]:
        """Replay what the sync owes about the two; the states then."""
        ids = [row.id for row in self._rows()]
        made = self._post("/replays", {"filter": {"ids": ids}, "why": "a test"})["id"]
        assert until(lambda: self._replay(made) != "planning")
        self._post(f"/replays/{made}:run", {})
        assert until(lambda: self._replay(made) == "done")
        self.settle()
        return [row.state for row in self._rows()]

    def _replay(self, replay: str) -> str:
        with self.stage.bridge.database.reading() as session:
            found = session.scalar(select(ReplayRow.state).where(ReplayRow.id == replay))
        assert found is not None
        return found

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        head = {
            "Authorization": f"Bearer {self.stage.key.token}",
            "Idempotency-Key": random_id("run"),
        }
        answer = httpx.post(f"{self.stage.url}/api/v1{path}", headers=head, json=body, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    @contextmanager
    def untold(self) -> Iterator[None]:
        """Jira tells nothing of what happens meanwhile."""
        jira = self.stage.jira
        url, jira.webhook_url = jira.webhook_url, None
        yield
        jira.webhook_url = url

    def search(self, source: str = "customer-comment") -> None:
        """Polls of this source until one has come to this moment; then all that follows."""
        self.settle()
        now = self.stage.bridge.clock.now()
        assert until(lambda: self._searched(source, now))
        self.settle()

    def searched_from_now_on(self, source: str = "customer-comment") -> None:
        """What is changed before a search is planned is not looked for."""
        assert until(lambda: self._poll(source) is not None)

    def _searched(self, source: str, moment: datetime) -> bool:
        """What was changed a moment ago is not searched for, so it takes several."""
        row = self._poll(source)
        if row is None or row.since >= moment:
            return row is not None
        self._post(f"/polls/{source}:run", {})
        return False

    def owed(self) -> list[tuple[str, str]]:
        """Steps and states of what the sync owes about the two, in their order."""
        return [(row.step, row.state) for row in self._rows()]

    def reasons(self) -> list[str]:
        return [row.reason for row in self._rows()]

    def _rows(self) -> list[DeliveryRow]:
        mine = (f"salesforce:Case:{self.case}", f"jira:issue:{self._number()}")
        return owed_about(self.stage, *mine)

    def _number(self) -> str:
        return str(self.stage.jira.issue(self.issue)["id"])

    def _poll(self, source: str) -> PollRow | None:
        with self.stage.bridge.database.reading() as session:
            return polls.one(session, source)


@dataclass(kw_only=True)
class Hall:
    """One stage for many tests: each brings its own case."""

    stage: Stage
    made: int = field(default=0)

    def linked(self) -> Linked:
        """A case, and its issue, which Bridge has made of it."""
        return self.of(self.case())

    def case(self, **fields: Any) -> str:
        """A case of which Bridge makes an issue, unless its fields are others."""
        self.made += 1
        return self.stage.salesforce.create_case(
            Subject=f"Reboots {self.made}", **{**CASE, **fields}
        )

    def apart(self) -> Linked:
        """A case and an issue that are not linked, and that Bridge knows."""
        case = self.case(Severity__c="Low")
        issue = self.stage.jira.create_issue(f"Reboots {self.made}", "Task")
        pair = Linked(stage=self.stage, case=case, issue=issue)
        pair.settle()
        return pair

    def of(self, case: str) -> Linked:
        """The case once its issue is there, and all that follows from it."""
        one = Linked(stage=self.stage, case=case, issue="")
        one.settle()
        one.issue = str(self.stage.salesforce.record("Case", case)["Jira_Key__c"] or "")
        assert one.issue
        return one

    def waiting(self, case: str) -> int:
        """How much of what the sync owes about a case waits for its issue."""
        rows = owed_about(self.stage, f"salesforce:Case:{case}")
        return sum(row.state == "waiting" for row in rows)


def owed_about(stage: Stage, *records: str) -> list[DeliveryRow]:
    query = select(DeliveryRow).where(
        DeliveryRow.rule.in_(["comments:case-and-issue", "attachments:case-and-issue"]),
        DeliveryRow.subject.in_(records),
    )
    with stage.bridge.database.reading() as session:
        return list(session.scalars(query.order_by(DeliveryRow.seq)))


def _bare(body: str) -> str:
    return body.partition("[bridge ")[0].replace("\r\n", "\n").strip()
