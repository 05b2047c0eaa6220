"""A rolling upgrade: a node goes on while the next version brings the schema up beneath it."""

from sqlalchemy import text

from bridge import schema
from nodes.town import Town
from patience import until

# What a newer version may do: see tests/test_neighbours.py.
NEXT_VERSION = (
    "ALTER TABLE delivery ADD COLUMN weight integer NOT NULL DEFAULT 0",
    "ALTER TABLE message ADD COLUMN language text",
    "ALTER TABLE ordering_key ADD COLUMN weight integer NOT NULL DEFAULT 0",
    "CREATE TABLE tomorrow (id text PRIMARY KEY)",
    "UPDATE alembic_version SET version_num = '9999'",
)


def test_a_node_goes_on_beside_a_newer_schema_and_one_that_starts_says_what_to_do(
    town: Town,
) -> None:
    older = town.start("a")
    town.tell(1)
    assert until(lambda: town.titles() == ["Alert 1"])

    for (
        statement
    ) in NEXT_VERSION:  # one table a transaction: several may deadlock with a node at work
        with town.database.engine.begin() as connection:
            connection.execute(text(statement))
    town.tell(2)
    went_on = until(lambda: town.titles() == ["Alert 1", "Alert 2"])
    refused = town.start("b")
    code = refused.popen.wait(60)

    assert went_on
    assert older.popen.poll() is None
    assert code != 0
    assert "which this version does not know" in refused.log.read_text("utf-8")
    assert schema.current(town.database) == "9999"
