"""Writes of all kinds, good and bad, for the same writes together and alone."""

from collections.abc import Callable, Mapping
from typing import Any

from bridge.connectors.action import Action
from bridge.connectors.jira.actions import CreateIssue
from bridge.connectors.salesforce.actions import CreateRecord, UpdateRecord, UpsertRecord
from bridge.connectors.salesforce.comments import AddCaseComment
from bridge.connectors.salesforce.simulator import SalesforceSimulator

NOWHERE = "500Hs0000000001AAA"
Make = Callable[[str], Action[Any]]


class Cases:
    """Writes to Salesforce by their kinds, each at a case of its own. `name` keeps keys apart."""

    def __init__(self, sim: SalesforceSimulator, name: str) -> None:
        self.sim, self.name = sim, name
        self.cases: list[str] = []
        self._before = len(sim.records("Case"))

    def write(self, kind: str) -> Action[Any]:
        case = self.sim.create_case(Subject="before")
        self.cases.append(case)
        if kind == "gone":
            self.sim.delete("Case", case)
        if kind == "locked":
            self.sim.hold(case)
        make = self._kinds().get(kind, self._good)
        return make(case)

    def let_go(self) -> None:
        for case in self.cases:
            self.sim.let_go(case)

    def shown(self) -> list[Any]:
        """What each case holds now, and how many cases there are besides."""
        held = [
            (self.sim.record("Case", one)["Subject"], len(self.sim.case_comments(one)))
            for one in self.cases
        ]
        return [*held, len(self.sim.records("Case")) - self._before]

    def _good(self, case: str) -> Action[Any]:
        return UpdateRecord(object="Case", record=case, fields={"Subject": "after"})

    def _kinds(self) -> Mapping[str, Make]:
        def update(fields: Mapping[str, Any]) -> Make:
            return lambda case: UpdateRecord(
                object="Case", record=case, fields=fields, too_long="refuse"
            )

        def upsert(key: str) -> Make:
            return lambda _: UpsertRecord(
                object="Case", key_field="Jira_Key__c", key=key, fields={"Subject": "by key"}
            )

        return {
            "bad": update({"Severity__c": "No Such"}),
            "unknown": update({"No_Such__c": 1}),
            "long": update({"Subject": "x" * 300}),
            "comment": lambda case: AddCaseComment(case=case, body="seen"),
            "lost-comment": lambda _: AddCaseComment(case=NOWHERE, body="seen"),
            "upsert": upsert(f"eng-{self.name}"),
            "capitals": upsert(f"ENG-{self.name.upper()}"),
            "create": lambda _: CreateRecord(object="Case", fields={"Subject": "made"}),
        }


def issue(kind: str) -> Action[Any]:
    """A create at Jira. All but `good` and `nobody` cannot be made."""
    more: dict[str, dict[str, Any]] = {
        "bad": {"due": "someday"},
        "unknown": {"fields": {"No Such": 1}},
        "no type": {"type": "No Such"},
        "no project": {"project": "NONE"},
        "refused": {"priority": "No Such"},
        "nobody": {"assignee": "Nobody At All"},
    }
    values = {"project": "ENG", "type": "Task", "summary": kind, **more.get(kind, {})}
    return CreateIssue.model_validate(values)
