"""LISTEN and NOTIFY: nodes wake one another, and say so when they cannot."""

from sqlalchemy import text

from bridge.bell import INBOX, OUTBOX
from bridge.db import Database
from logs import captured
from nodes.conftest import NewNode
from patience import PATIENCE, until

CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
)


def test_a_node_hears_what_another_calls(node: NewNode) -> None:
    here, there = node("a"), node("b")
    assert there.bells[OUTBOX].rest(PATIENCE)  # it listens now, and looks for what it missed

    here.bells.ring(OUTBOX)

    assert there.bells[OUTBOX].rest(PATIENCE)
    assert there.bells.hears


def test_a_node_does_not_wake_itself(node: NewNode) -> None:
    here, there = node("a"), node("b")
    assert here.bells[OUTBOX].rest(PATIENCE)
    assert there.bells[OUTBOX].rest(PATIENCE)
    here.bells[INBOX].rest(0)

    here.wire.call(OUTBOX)
    assert there.bells[OUTBOX].rest(PATIENCE)
    there.wire.call(INBOX)

    assert here.bells[INBOX].rest(PATIENCE)  # which came after its own
    assert not here.bells[OUTBOX].rest(0)


def test_what_a_node_calls_as_it_goes_is_heard(node: NewNode) -> None:
    here, there = node("a", url="off"), node("b")
    assert there.bells[OUTBOX].rest(PATIENCE)

    for bell in (INBOX, OUTBOX):  # the second within the pause after the first
        here.wire.call(bell)
    here.wire.close()

    assert there.bells[OUTBOX].rest(PATIENCE)


def test_a_node_whose_connection_was_cut_hears_again(
    node: NewNode, postgres_database: Database
) -> None:
    here, there = node("a"), node("b")
    assert here.bells[OUTBOX].rest(PATIENCE)
    assert there.bells[OUTBOX].rest(PATIENCE)

    with captured() as log:
        with postgres_database.transaction() as session:
            session.execute(CUT)
        back = until(lambda: log.getvalue().count("wire.hears_again") == 2)
    looked = there.bells[OUTBOX].rest(PATIENCE)
    here.bells.ring(OUTBOX)

    assert "wire.deaf" in log.getvalue()
    assert (back, looked) == (True, True)
    assert there.bells[OUTBOX].rest(PATIENCE)
    assert there.bells.hears


def test_a_node_that_does_not_listen_looks_more_often(node: NewNode) -> None:
    quiet = node("a", url="off")

    assert not quiet.bells.hears


def test_a_node_that_cannot_connect_says_so_and_looks_more_often(node: NewNode) -> None:
    with captured() as log:
        deaf = node("a", url="postgresql://postgres:hunter2@/nowhere?host=/nowhere")
        assert deaf.bells[OUTBOX].rest(PATIENCE)

    assert "wire.deaf" in log.getvalue()
    assert "hunter2" not in log.getvalue()
    assert not deaf.bells.hears


# The pool comes before the nodes that use it, so that it is closed after them.


def test_a_pooler_is_noticed_since_nothing_comes_back_through_it(
    pooled: Database, node: NewNode
) -> None:
    with captured() as log:
        bounced = pooled.url.render_as_string(hide_password=False)
        deaf = node("a", pool=pooled, url=bounced, trial=0.5)
        assert deaf.bells[OUTBOX].rest(PATIENCE)

    assert "BRIDGE_LISTEN_URL" in log.getvalue()
    assert not deaf.bells.hears


def test_behind_a_pooler_only_listening_needs_the_server_itself(
    pooled: Database, node: NewNode
) -> None:
    here, there = node("a", pool=pooled, url="off"), node("b", pool=pooled)
    assert there.bells[OUTBOX].rest(PATIENCE)

    here.bells.ring(OUTBOX)

    assert there.bells[OUTBOX].rest(PATIENCE)
    assert there.bells.hears
