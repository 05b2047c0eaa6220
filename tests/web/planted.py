"""Somebody's words in every place where a value of a record may stand, and the ids that lead there."""

from datetime import datetime

from sqlalchemy.orm import Session

from bridge.alarms import store as alarms
from bridge.ledger.facts import Facts, Linked
from bridge.outbox import wild
from bridge.outbox.tables import State
from duties import rows

MARK = "Zebulon"
SAID = f"{MARK} Quist says it reboots"
PERSON = {"id": f"{MARK.lower()}-1", "name": f"{MARK} Quist", "email": f"{MARK}@quist.example"}
ACTOR = {"id": PERSON["id"], "name": PERSON["name"], "kind": "person"}
DATA = {"title": SAID, "body": SAID, "contact": PERSON, "severity": "high", "product": "Router"}
CHANGES = [
    {"field": "title", "before": SAID, "after": SAID},
    {"field": "severity", "before": "low", "after": "high"},
]
REFUSAL = f"400: summary: {SAID} is too long"
# What fills a route's parameter, so that it shows what is planted. A route with another parameter
# fails the test until somebody has planted for it.
IDS = {
    "adoption_id": "adp_veil", "backfill_id": "bfl_veil", "delivery_id": "dlv_veil",
    "drift_id": "drf_veil", "event_id": "evt_veil", "group_id": "g_veil", "hold_id": "hld_veil",
    "link_id": "lnk_veil", "message_id": "msg_veil", "name": "jira", "number": "unmatched",
    "replay_id": "rpl_veil", "rule": "r", "source": "monitoring", "version": "active",
    "silence_id": "sil_veil",
}  # fmt: skip
ASKED = {"ref": rows.CASE, "what": rows.CASE, "a": "active", "b": "active"}


def plant(session: Session, now: datetime, version: str) -> None:
    """`version`: of the rules that the event was decided with."""
    far = Linked(
        link_id="lnk_veil",
        role="task",
        relation="originates",
        kind="work_item",
        record={"title": SAID, "assignee": PERSON},
    )
    facts = Facts(now=now, before=DATA, linked=(far,)).as_json()
    said = {"args": {"project": "ENG", "summary": SAID, "fields": {"reporter": PERSON["id"]}}}
    dead = {"error_kind": "permanent", "error_code": "400", "error_group": "veil"}
    rows.keep(
        session,
        rows.message("msg_veil", now, body=SAID.encode()),
        rows.event(
            "evt_veil", now, actor=ACTOR, department="unattributed", record=DATA, changes=CHANGES,
            facts=facts, rule_version=version, matched=0,
        ),
        rows.change("evt_veil", now, field="title", before=SAID, after=SAID),
        rows.change("evt_veil", now, field="owner", before=PERSON, after=None),
        rows.link(
            "lnk_veil", now, left_ref=rows.CASE, left_kind="feedback", right_ref="jira:issue:1",
            role="task", key="ENG-1",
        ),
        rows.delivery(
            "dlv_veil", now, State.DEAD, of="evt_veil", reason=REFUSAL,
            result={"wrote": {"summary": SAID}}, **said, **dead,
        ),
        rows.attempt(
            "dlv_veil", now, exchanges=[{"request": SAID, "response": SAID}], error=REFUSAL
        ),
        rows.hold("hld_veil", now, "open"),
        rows.hold("hld_wild", now, "open", kind=wild.KIND, about="r", rule="r"),
        rows.replay("rpl_veil", now),
        rows.replayed("rpl_veil"),
        rows.adoption("adp_veil", now),
        rows.pair("adp_veil", left_said=SAID, reason=f"left: {SAID} is not there", outcome="not_found"),
        rows.drift("drf_veil", now),
        rows.difference("drf_veil", now, left_value=SAID, right_value=PERSON, reason=REFUSAL),
        rows.backfill(
            "bfl_veil", now,
            wish={"source": "monitoring", "query": "", "since": None, "history": False, "share": 1},
        ),
        rows.counterpart(PERSON["id"], now),
        rows.alert(
            "a_veil", now, group_id="g_veil", event_id="evt_veil", args={"title": SAID},
            labels={"rule": "r", "feedback.title": SAID, "who": SAID, "feedback.product": "Router"},
            state="firing",
        ),
        rows.alert_group(
            "g_veil", now, title=SAID, labels={"feedback.title": SAID, "feedback.product": "Router"}
        ),
        rows.silence("sil_veil", now),
    )  # fmt: skip
    alarms.lower(session, "veil", kind="dead", text="is dead", remedy="", link="", now=now)
