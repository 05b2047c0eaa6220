"""The story told for many days: what is seen of cases and issues, one sighting after the other."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bridge.canonical.event import Act, Actor, ActorKind, Origin
from bridge.canonical.ref import Ref
from bridge.demo.story import CASES
from bridge.ledger.sighting import Sighting

CUSTOMERS = ("Acme Networks", "Borealis Cloud", "Cobalt Rail", "Delphi Foods", "Ember Health")
PRIORITIES = ("Highest", "High", "Medium", "Low")
STATUSES = (("todo", "To Do"), ("in_progress", "In Progress"), ("done", "Done"))
ORIGINS = (Origin.WEBHOOK,) * 17 + (Origin.POLL, Origin.STREAM, Origin.BACKFILL)
WORKING = 400  # cases and issues that somebody still touches
_LATE = timedelta(days=2)


@dataclass(kw_only=True)
class Days:
    """What people do. Every record is seen whole, as its source reads it."""

    random: Random
    _number: int = 1_000
    _cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    _issues: dict[str, dict[str, Any]] = field(default_factory=dict)

    def next(self, now: datetime) -> Sighting:
        """Somebody does something."""
        acts = (self._new_case, self._case_moves, self._click, self._issue_moves, self._incident)
        act = self.random.choices(acts, weights=(24, 20, 6, 44, 6))[0]
        return act(now)

    def made(self, ref: str, key: str, *, now: datetime) -> Sighting:
        """An issue that Bridge made is told of by Jira, as our own doing."""
        self._keep(self._issues, ref, self._issue(key, "task", now))
        return self._seen(ref, "work_item", self._issues[ref], now, Act.CREATED, origin=Origin.OWN)

    def _new_case(self, now: datetime) -> Sighting:
        title, severity, product = self.random.choice(CASES)
        number = self._next()
        customer = self.random.choice(CUSTOMERS)
        case = {
            "number": f"{number:08}", "title": title, "body": f"A customer writes: {title}.",
            "severity": severity.lower(), "status": "todo", "status_name": "New",
            "product": product if self.random.random() < 0.9 else None,
            "customer": {"ref": f"salesforce:Account:{customer[:3]}", "name": customer,
                         "value": 250_000.0 * (1 + CUSTOMERS.index(customer))},
            "score": float(self.random.randint(1, 5)), "score_min": 1.0, "score_max": 5.0,
            "requested": False, "created_at": now.isoformat(),
        }  # fmt: skip
        ref = f"salesforce:Case:500{number:012}"
        self._keep(self._cases, ref, case)
        return self._seen(
            ref, "feedback", case, now, Act.CREATED, origin=self.random.choice(ORIGINS)
        )

    def _case_moves(self, now: datetime) -> Sighting:
        if not self._cases:
            return self._new_case(now)
        ref = self.random.choice(list(self._cases))
        change = self.random.choice(("title", "severity", "status", "score"))
        values = {
            "title": f"{self._cases[ref]['title'].split(' (')[0]} ({self._next()})",
            "severity": self.random.choice(("critical", "high", "medium", "low")),
            "status": self.random.choice(STATUSES)[0],
            "score": float(self.random.randint(1, 5)),
        }
        return self._change(self._cases, ref, "feedback", {change: values[change]}, now)

    def _click(self, now: datetime) -> Sighting:
        if not self._cases:
            return self._new_case(now)
        ref = self.random.choice(list(self._cases))
        asked = not self._cases[ref]["requested"]
        return self._change(self._cases, ref, "feedback", {"requested": asked}, now)

    def _issue_moves(self, now: datetime) -> Sighting:
        if not self._issues:
            return self._incident(now)
        ref = self.random.choice(list(self._issues))
        status, name = self.random.choice(STATUSES)
        day = timedelta(days=self.random.randint(1, 40))
        change = self.random.choice(
            (
                {"status": status, "status_name": name},
                {"due": (now + day).isoformat()},
                {"promised": (now + timedelta(days=20)).isoformat()},
                {"priority": self.random.choice(PRIORITIES)},
            )
        )
        return self._change(self._issues, ref, "work_item", change, now)

    def _incident(self, now: datetime) -> Sighting:
        number = self._next()
        ref = f"jira:issue:{number}"
        self._keep(self._issues, ref, self._issue(f"ENG-{number}", "incident", now))
        return self._seen(
            ref, "work_item", self._issues[ref], now, Act.CREATED, origin=Origin.WEBHOOK
        )

    def _issue(self, key: str, kind: str, now: datetime) -> dict[str, Any]:
        return {
            "key": key, "title": f"Work on {key}", "type": kind, "type_name": kind.title(),
            "status": "todo", "status_name": "To Do", "priority": "High", "labels": [],
            "assignee": {"id": "712020:2b1d", "name": "Sam Okafor"}, "project": "ENG",
            "url": f"https://acme.atlassian.net/browse/{key}", "created_at": now.isoformat(),
        }  # fmt: skip

    def _change(
        self,
        known: dict[str, dict[str, Any]],
        ref: str,
        kind: str,
        values: dict[str, Any],
        now: datetime,
    ) -> Sighting:
        known[ref] |= values
        origin = self.random.choice(ORIGINS)
        if self.random.random() < 0.02:  # a change that was told late: newer ones are known by now
            return self._seen(ref, kind, known[ref], now - _LATE, Act.UPDATED, origin=origin)
        return self._seen(ref, kind, known[ref], now, Act.SEEN, origin=origin)

    def _seen(
        self,
        ref: str,
        kind: str,
        record: dict[str, Any],
        now: datetime,
        act: Act,
        *,
        origin: Origin,
    ) -> Sighting:
        source = "customer-feedback" if kind == "feedback" else "engineering-work"
        return Sighting(
            kind=kind,
            source=source,
            ref=Ref.parse(ref),
            act=act,
            occurred_at=now,
            record=dict(record),
            origin=origin,
            version=str(self._next()),
            stamp=now,
            actor=Actor(id="712020:2b1d", kind=ActorKind.PERSON),
            customer=(record.get("customer") or {}).get("ref"),
            project=record.get("project"),
        )

    def _keep(self, known: dict[str, dict[str, Any]], ref: str, record: dict[str, Any]) -> None:
        """Few are touched again after a while."""
        known[ref] = record
        if len(known) > WORKING:
            del known[next(iter(known))]

    def _next(self) -> int:
        self._number += 1
        return self._number
