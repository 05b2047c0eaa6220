"""The hot queries go by their indexes, on both databases, and read no large table whole."""

from collections.abc import Callable, Mapping

import pytest
from sqlalchemy.orm import Session

from bench.ground import Ground
from bridge.outbox import hold, store
from growth.plans import plans_of

LARGE = {
    "attempt", "change", "decision", "delivery", "event", "link", "message",
    "ordering_key", "record", "seen", "shadow",
}  # fmt: skip
Look = Callable[[Session], object]
# What is done again and again, in the order in which it is done: by which indexes.
STEPS: Mapping[str, set[str]] = {
    "inbox: look": {"ix_message_pending"},
    "inbox: drain": {
        "ix_message_pending",
        "ix_link_right_ref",
        "pk_message",
        "pk_record",
        "pk_seen",
    },
    "outbox: claim": {
        "ix_ordering_key_next",  # what is due
        "ix_ordering_key_hurry",
        "ix_delivery_queue",  # the heads of queues
        "ix_delivery_ordering_key_seq",  # whether a newer one has succeeded
        "pk_ordering_key",  # the lease
        "pk_delivery",
        "uq_event_id",
    },
    "outbox: record": {
        "ix_attempt_delivery_id_number",
        "ix_delivery_queue",  # what is next
        "ix_delivery_hurries",
        "pk_ordering_key",
        "pk_delivery",
    },
    "chores": {"ix_decision_error", "ix_delivery_expires"},
    "gauges": {
        "ix_decision_error",
        "ix_delivery_open",
        "ix_message_bad",
        "ix_message_pending",
        "ix_ordering_key_next",
    },
    "duty recovery": {"ix_decision_error"},
    "retention bodies": {"ix_message_body", "pk_message"},
    "retention exchanges": {"ix_attempt_exchanges"},
    "retention attempts": {"ix_attempt_started_at", "pk_attempt", "uq_delivery_id"},
    "retention events": {"ix_event_recorded_at"},
    "retention lone_deliveries": {"ix_delivery_no_event"},
    "retention messages": {"pk_message"},
    "retention changes": {"pk_change"},
    "retention seen": {"ix_seen_seen_at"},
    "api.deliveries": {"pk_delivery"},
    "api.deliveries, dead": set(),
    "api.deliveries, pending": set(),
    "api.deliveries, of a subject": {"ix_delivery_subject_seq"},
    "api.deliveries, of an event": {"ix_delivery_event"},
    "api.deliveries, of a group": {"ix_delivery_group"},
    "api.groups": {"ix_delivery_dead", "pk_delivery"},
    "api.events": {"pk_event"},
    "api.events, of a subject": {"ix_event_subject_seq"},
    "api.messages": {"pk_message"},
    "api.messages, bad": {"ix_message_bad"},
    "api.record, by ref": {"ix_change_record_seq", "pk_record"},
    "api.record, by key": {"ix_record_key"},
    "api.connections": {"ix_delivery_open"},
    "api.links, dead": {"ix_link_dead"},
    "api.stats, an hour": {"ix_change_field_at", "ix_delivery_created_at", "ix_event_recorded_at"},
}


def test_what_is_done_all_the_time_reads_by_index(aged: Ground) -> None:
    missing, whole = {}, {}
    for name, step in aged.steps.items():
        with plans_of(aged.bridge.database) as plans:
            step()
        if name in STEPS:
            missing[name] = STEPS[name] - plans.indexes
            whole[name] = {table: sql for table, sql in plans.whole.items() if table in LARGE}

    assert {name: lacks for name, lacks in missing.items() if lacks} == {}
    assert {name: tables for name, tables in whole.items() if tables} == {}
    assert missing.keys() == STEPS.keys()


@pytest.mark.parametrize(
    ("index", "look"),
    [
        ("ix_delivery_lost", lambda session: store.lost(session, ["bridge_x", "bridge_y"])),
        ("ix_delivery_aside", lambda session: store.waiting_for(session, "jira:issue:1", "lnk")),
        ("ix_delivery_event", lambda session: store.of_step(session, "evt_x", "r", ["s"])),
        ("ix_delivery_held", lambda session: hold.left(session, "hld_x")),
        ("uq_delivery_id", lambda session: store.by_id(session, ["dlv_x"])),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_done_now_and_then_reads_by_index(aged: Ground, index: str, look: Look) -> None:
    with plans_of(aged.bridge.database) as plans, aged.bridge.database.reading() as session:
        look(session)

    assert index in plans.indexes
    assert plans.whole.keys() & LARGE == set()
