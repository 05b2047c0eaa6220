"""Every column that may hold somebody's words is erased, or said here why it cannot hold a person."""

from sqlalchemy import LargeBinary, Text

from bridge.db import Json, Prose
from bridge.erasure.store import PLACES
from bridge.schema import metadata

EXEMPT = {
    "activation.changed": "names of rules, and how many people",
    "activation.why": "an operator's word on a set of rules",
    "alarm.link": "our own URL with an id in it",
    "alert.needs": "step and link ids",
    "alert_card.groups": "ids",
    "budget.state": "numbers of calls, and the vendor's word for a limit",
    "connection.reason": "what the vendor said of our own credentials",
    "connection.streak": "addresses of records whose calls failed",
    "delivery.needs": "step and link ids",
    "drift.counts": "numbers",
    "follow_up.reason": "the kind of an error",
    "idempotency.body": "our answers, for a day",
    "job.last_error": "our own words, or the kind of an error",
    "ordering_key.shadow": "an address, names of fields, and salted hashes of what they were given",
    "ordering_key.writes": "numbers of writes",
    "plan.counts": "numbers",
    "plan.deliveries": "ids",
    "plan.options": "yes or no",
    "poll.problem": "our own words, or what the vendor said of a search",
    "replay.counts": "numbers",
    "replay.moved": "numbers",
    "replay.options": "yes or no, and numbers",
    "replay.waits": "a number and the name of a connection",
    "replay_item.owed": "names of rules, steps and connections",
    "rule_set.files": "named by its hash, so it cannot be changed: docs/operations.md says so",
}


def test_each_column_of_words_is_erased_or_cannot_hold_a_person() -> None:
    words = {
        f"{table.name}.{column.name}"
        for table in metadata().sorted_tables
        for column in table.columns
        if isinstance(column.type, Text | Prose | Json | LargeBinary)
    }
    erased = {f"{place.table.__tablename__}.{name}" for place in PLACES for name in place.columns}

    assert words - erased == set(EXEMPT)
