"""Migrations: from nothing to the same tables that the code declares, on both databases."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import inspect, text

from bridge.db import Database
from bridge.errors import SettingError
from bridge.schema import config, current, metadata, pending, upgrade

ROOT = Path(__file__).parents[1]
INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}

HOLD = text(
    'INSERT INTO hold (id, kind, about, reason, owner, may_decide, state, "then", decisions,'
    " created_at) VALUES (:id, 'observe', 'connection jira', '', '', 'operator', :state, '', '[]',"
    " :at)"
)
LINK = text(
    "INSERT INTO link (id, left_ref, left_kind, right_ref, right_kind, right_connection, relation,"
    " role, slot, state, key, url, note, created_at) VALUES (:id, :left, 'feedback', :right,"
    " 'work_item', 'jira', :relation, :id, '', :state, '', '', '', :at)"
)
HELD = text(
    "INSERT INTO delivery (id, hold_id, rule, rule_version, step, target, replay_id, connection,"
    " action, args, needs, write_key, ordering_key, subject, origin, urgent, dead_head, ambiguous,"
    " state, reason, error_kind, error_code, error_group, claims, tries, uncertain, find_first,"
    " misses, not_before, occurred_at, created_at) VALUES (:id, :hold, 'r', 'v', 's', '', '',"
    " 'jira', 'jira.add_comment', '{}', '{}', :id, :id, 'jira:issue:1', 'webhook', false, 'pass',"
    " 'skip', 'held', '', '', '', '', 0, 0, false, false, 0, :at, :at, :at)"
)

PLAN = text(
    "INSERT INTO plan (id, principal, mode, filter, why, options, counts, deliveries, state, done,"
    " created_at, expires_at) VALUES (:id, 'ann', 'again', '{}', '', '{}', '{}',"
    """ '["dlv_1", "dlv_2", "dlv_3"]', :state, :done, :at, :at)"""
)


@pytest.fixture
def migrated(empty_database: Database) -> Database:
    """A database that came up by migrations."""
    upgrade(empty_database)
    return empty_database


@pytest.fixture
def declared(empty_database: Database, request: pytest.FixtureRequest) -> Database:
    """A database of the same kind that came up from what the code declares."""
    kind = "sqlite_database" if empty_database.is_sqlite else "postgres_database"
    made: Database = request.getfixturevalue(kind)
    return made


def shape(database: Database) -> dict[str, Any]:
    """Columns, keys and constraints of each table, and each index as the database spells it."""
    found = inspect(database.engine)
    tables = set(found.get_table_names()) - {"alembic_version"}
    columns = {
        f"{table}.{column['name']}": (str(column["type"]), column["nullable"], column["default"])
        for table in tables
        for column in found.get_columns(table)
    }
    keys = {table: found.get_pk_constraint(table)["constrained_columns"] for table in tables}
    uniques = {
        str(one["name"]): tuple(one["column_names"])
        for table in tables
        for one in found.get_unique_constraints(table)
    }
    with database.engine.connect() as connection:
        rows = connection.execute(text(INDEXES[connection.dialect.name])).all()
    indexes = {row[0]: " ".join(row[1].split()) for row in rows if "alembic" not in row[0]}
    return {"columns": columns, "keys": keys, "uniques": uniques, "indexes": indexes}


def test_an_empty_database_lacks_all_revisions(empty_database: Database) -> None:
    assert current(empty_database) is None
    assert pending(empty_database)[0] == "0001"


def test_an_upgraded_database_lacks_none(migrated: Database) -> None:
    assert pending(migrated) == []
    assert current(migrated) is not None


def test_an_upgrade_of_an_upgraded_database_does_nothing(migrated: Database) -> None:
    before = current(migrated)

    upgrade(migrated)

    assert current(migrated) == before


def test_alembic_finds_no_difference(migrated: Database) -> None:
    command.check(config(migrated))

    assert set(metadata().tables) <= set(inspect(migrated.engine).get_table_names())


def test_migrations_make_what_the_code_declares(migrated: Database, declared: Database) -> None:
    by_migration, by_code = shape(migrated), shape(declared)

    for part in by_code:
        assert by_migration[part] == by_code[part]


def test_a_downgrade_takes_everything_away(migrated: Database) -> None:
    command.downgrade(config(migrated), "base")

    assert set(inspect(migrated.engine).get_table_names()) == {"alembic_version"}


def test_holds_that_were_opened_twice_become_one(empty_database: Database) -> None:
    command.upgrade(config(empty_database), "0006")
    at = "2026-11-23T09:00:00.000000Z"
    with empty_database.engine.begin() as connection:
        for name, state in (("hld_a", "open"), ("hld_b", "open"), ("hld_c", "released")):
            connection.execute(HOLD, {"id": name, "state": state, "at": at})
            connection.execute(HELD, {"id": f"dlv_{name}", "hold": name, "at": at})

    upgrade(empty_database)

    with empty_database.engine.begin() as connection:
        holds = connection.execute(text("SELECT id, seq, decisions FROM hold ORDER BY seq")).all()
        held = connection.execute(text("SELECT id, hold_id FROM delivery ORDER BY id")).all()
    assert [(row.id, row.seq) for row in holds] == [("hld_a", 1), ("hld_c", 2)]
    assert dict(map(tuple, held)) == {
        "dlv_hld_a": "hld_a",
        "dlv_hld_b": "hld_a",
        "dlv_hld_c": "hld_c",
    }


def test_of_several_mirrors_the_oldest_stays_one(empty_database: Database) -> None:
    command.upgrade(config(empty_database), "0023")
    rows = [
        ("lnk_a", "c:1", "j:1", "mirrors", "live"),
        ("lnk_b", "c:1", "j:2", "mirrors", "live"),
        ("lnk_c", "c:2", "j:1", "mirrors", "live"),
        ("lnk_d", "c:2", "j:1", "originates", "live"),
        ("lnk_e", "c:3", "j:1", "mirrors", "dead"),
        ("lnk_f", "c:2", None, "mirrors", "reserved"),
    ]
    names = ("id", "left", "right", "relation", "state")
    with empty_database.engine.begin() as connection:
        for second, row in enumerate(rows):
            at = f"2026-11-23T09:00:0{second}.000000Z"
            connection.execute(LINK, {**dict(zip(names, row, strict=True)), "at": at})

    upgrade(empty_database)

    with empty_database.engine.begin() as connection:
        query = text("SELECT id, relation, state FROM link ORDER BY id")
        found = [f"{row.id} {row.relation} {row.state}" for row in connection.execute(query)]
    assert found == [
        "lnk_a mirrors live",
        "lnk_b originates live",
        "lnk_c mirrors dead",
        "lnk_d originates live",
        "lnk_e mirrors dead",
        "lnk_f mirrors reserved",
    ]


def test_replays_that_were_planned_go_on_item_by_item(empty_database: Database) -> None:
    """One waits to be run, one is half done, one is over: and no older node goes on with them."""
    command.upgrade(config(empty_database), "0025")
    at = "2026-11-23T09:00:00.000000Z"
    with empty_database.engine.begin() as connection:
        for number in range(1, 4):
            connection.execute(HELD, {"id": f"dlv_{number}", "hold": None, "at": at})
        for name, state, done in (("a", "planned", 0), ("b", "running", 1), ("c", "done", 3)):
            connection.execute(PLAN, {"id": name, "state": state, "done": done, "at": at})

    upgrade(empty_database)

    with empty_database.engine.begin() as connection:
        replays = connection.execute(text("SELECT id, state, done, total FROM replay ORDER BY seq"))
        items = connection.execute(
            text("SELECT replay_id, what FROM replay_item ORDER BY replay_id, number")
        )
        plans = connection.execute(text("SELECT id, state FROM plan ORDER BY id"))
        found = [[tuple(row) for row in rows] for rows in (replays, items, plans)]
    assert found == [
        [("a", "planned", 0, 3), ("b", "running", 1, 3), ("c", "done", 3, 3)],
        [*(("a", f"dlv_{number}") for number in (1, 2, 3)), ("b", "dlv_2"), ("b", "dlv_3")],
        [("a", "cancelled"), ("b", "cancelled"), ("c", "done")],
    ]


def test_a_migration_that_fails_leaves_nothing_behind(empty_database: Database) -> None:
    with empty_database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE record (ref INTEGER)"))

    with pytest.raises(Exception, match="record"):
        upgrade(empty_database)

    assert current(empty_database) is None
    assert inspect(empty_database.engine).get_table_names() == ["record"]


@pytest.fixture
def older(new_postgres: Callable[[str], Database]) -> Database:
    """Two revisions behind, on PostgreSQL: the next changes `connection`, the one after `delivery`."""
    database = new_postgres("template1")
    command.upgrade(config(database), "0011")
    return database


def test_a_migration_gives_way_to_a_node_at_work_and_keeps_what_is_done(older: Database) -> None:
    """The node holds a delivery, and comes for its connection next: together they would deadlock."""
    at_work = older.engine.connect()
    at_work.execute(text("LOCK TABLE delivery IN ROW EXCLUSIVE MODE"))
    seen = []

    def pause(_: float) -> None:
        at_work.execute(text("LOCK TABLE connection IN ROW EXCLUSIVE MODE NOWAIT"))
        seen.append(current(older))
        at_work.rollback()

    upgrade(older, pause=pause)

    at_work.close()
    assert (seen, pending(older)) == (["0012"], [])


def test_a_migration_that_never_gets_its_locks_says_so_and_what_to_do(older: Database) -> None:
    with older.engine.connect() as at_work:
        at_work.execute(text("LOCK TABLE connection IN ROW EXCLUSIVE MODE"))
        with pytest.raises(SettingError, match="pg_stat_activity"):
            upgrade(older, tries=2, pause=lambda _: None)

    assert current(older) == "0011"


def test_a_revision_that_another_node_was_faster_with_is_done_once(older: Database) -> None:
    upgrade(older)

    command.upgrade(config(older), "0012")

    assert pending(older) == []


def test_a_database_of_a_newer_version_is_refused(migrated: Database) -> None:
    with migrated.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SettingError, match="9999"):
        pending(migrated)


def test_nodes_that_start_together_upgrade_once(
    new_postgres: Callable[[str], Database],
) -> None:
    database = new_postgres("template1")
    url = database.url.render_as_string(hide_password=False)
    alembic = [sys.executable, "-m", "alembic", "-c", str(ROOT / "alembic.ini"), "upgrade", "head"]
    environment = {**os.environ, "BRIDGE_DATABASE_URL": url}

    nodes = [
        subprocess.Popen(alembic, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    ended = [(node.communicate(timeout=60)[1], node.returncode) for node in nodes]

    assert ended == [("", 0)] * 2
    assert pending(database) == []


def test_a_process_on_a_database_that_is_up_to_date_never_loads_alembic(
    empty_database: Database,
) -> None:
    upgrade(empty_database)
    url = empty_database.url.render_as_string(hide_password=False)
    program = (
        "import sys; from bridge import app, schema; from bridge.db import Database;"
        f"database = Database({url!r}); schema.upgrade(database); assert not schema.pending(database);"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in ('alembic', 'mako')))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout == "[]\n"
