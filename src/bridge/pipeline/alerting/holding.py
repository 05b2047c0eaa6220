"""An alert with `for:` is told only if its rule still asks for it, on the record as it is now."""

from datetime import datetime

from sqlalchemy.orm import Session

from bridge.alerts.tables import AlertRow
from bridge.ledger import store as ledger
from bridge.ledger.facts import Facts, facts
from bridge.ledger.known import Known
from bridge.rules.decision import Answer
from bridge.rules.engine import Moment, decide_rule
from bridge.rules.ruleset import Rule, RuleSet, Step

GONE = "the record was deleted"
NO_LONGER = "it did not hold any more when its `for` was over"


def why_not(
    session: Session, rules: RuleSet, of: tuple[Rule, Step], alert: AlertRow, *, now: datetime
) -> str:
    """Why it is not told, its `for` being over; empty: it still holds, or nobody can say.

    The event is as it was, the record and its links as they are. The alert takes the values of now.
    """
    known = Known(session)
    record, stored = known.record(alert.subject), ledger.event(session, alert.event_id)
    if record is None or record.deleted_at is not None:
        return GONE
    if stored is None:
        return ""  # retention took it: rather once too often than never
    before = Facts.from_json(stored.facts).before if stored.facts else None
    event = ledger.as_event(stored).model_copy(update={"record": record.data, "stale": False})
    found = facts(known, event, before=before, now=now, rollings=rules.rollings)
    moment = Moment(event=event, facts=found, rules=rules)
    for decision in decide_rule(of[0], moment):
        if decision.target != alert.target:
            continue
        if decision.answer is Answer.ERROR:
            return ""
        for ask in decision.asks:
            if ask.step == of[1].id:
                alert.args = dict(ask.args)
                return ""
        return f"{NO_LONGER}: {decision.reason}"
    return NO_LONGER
