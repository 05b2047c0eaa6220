"""Keys are made at the database, or by the server that has it; each in the audit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bridge.access.keys import Role, authenticate
from bridge.access.tables import ApiKeyRow, AuditRow
from bridge.cli import lock
from bridge.cli.main import app
from bridge.clock import SystemClock
from bridge.db import Database
from cli.house import House


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A database with the schema of an earlier start, or none at all yet."""
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("new_postgres")("template1")
        return database.url.render_as_string(hide_password=False)
    return f"sqlite:///{request.getfixturevalue('tmp_path') / 'var' / 'bridge.db'}"


class Keys:
    """`bridge keys …` beside the database."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, *words: str, **env: str) -> Result:
        given = {
            "BRIDGE_DATABASE_URL": self.url,
            "BRIDGE_URL": "",
            "BRIDGE_KEY": "",
            "USER": "ann",
            "COLUMNS": "120",
        }
        return CliRunner().invoke(app, ["keys", *words], env={**given, **env})


@pytest.fixture
def keys(url: str) -> Keys:
    return Keys(url)


@pytest.fixture
def served(house: House) -> Iterator[Keys]:
    """Beside the SQLite file of a server that runs: the lock says so."""
    url = house.stage.bridge.loaded.settings.database_url
    with lock.alone(url):
        yield Keys(url)


def test_a_key_is_made_listed_and_revoked_at_the_database(keys: Keys, url: str) -> None:
    token = keys("create", "anna", "--role", "operator").stdout.strip()
    database = Database(url)
    who = authenticate(database, token, now=SystemClock().now())
    listed = keys("list").stdout

    revoked = keys("revoke", "anna")
    nobody = authenticate(database, token, now=SystemClock().now())
    with database.reading() as session:
        acts = session.execute(select(AuditRow.principal, AuditRow.verb, AuditRow.target)).all()
    database.close()

    assert who is not None
    assert (who.name, who.role) == ("anna", Role.OPERATOR)
    assert "anna" in listed
    assert token.split("_", 2)[2] not in listed
    assert revoked.stdout == "anna is revoked\n"
    assert nobody is None
    assert [tuple(act) for act in acts] == [
        ("ann (command line)", "create key", "anna"),
        ("ann (command line)", "revoke key", "anna"),
    ]


def test_a_name_is_used_once(keys: Keys) -> None:
    keys("create", "anna")

    again = keys("create", "anna")

    assert again.exit_code == 2
    assert "key name 'anna' is taken" in again.stderr


def test_beside_a_server_on_sqlite_the_server_makes_the_key(served: Keys, house: House) -> None:
    port = house.stage.url.rsplit(":", 1)[1]

    made = served("create", "by the server", BRIDGE_KEY=house.keys["admin"], BRIDGE_PORT=port)

    (act,) = [one for one in house.asked("audit") if one["target"] == "by the server"]
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("brk_")
    assert (act["principal"], act["verb"]) == ("a admin", "create key")


def test_beside_a_server_on_sqlite_nothing_is_written_without_its_key(served: Keys) -> None:
    refused = served("create", "eve")

    assert refused.exit_code == 2
    assert "`bridge serve` has this database, so it must be asked" in refused.stderr
    assert "set BRIDGE_KEY to a key with the role admin" in refused.stderr


def test_the_first_admin_is_made_beside_a_server_since_nobody_could_ask_it(tmp_path: Path) -> None:
    keys = Keys(f"sqlite:///{tmp_path / 'bridge.db'}")
    keys("create", "a viewer")

    with lock.alone(keys.url):
        first = keys("create", "anna", "--role", "admin")
        second = keys("create", "ben", "--role", "admin")

    assert first.exit_code == 0
    assert second.exit_code == 2


def test_with_a_url_the_server_there_is_asked(house: House) -> None:
    made = house.run("keys", "create", "from afar", "--role", "viewer")
    listed = house.asked("keys", "list")
    revoked = house.run("keys", "revoke", "from afar")

    assert made.stdout.startswith("brk_")
    assert "from afar" in {one["name"] for one in listed}
    assert revoked.stdout == "from afar is revoked\n"


def test_no_secret_of_a_key_is_kept_anywhere(house: House) -> None:
    token = house.run("keys", "create", "kept nowhere").stdout.strip()
    secret = token.split("_", 2)[2]

    file = Path(house.stage.bridge.loaded.settings.database_url.removeprefix("sqlite:///"))
    kept = b"".join(one.read_bytes() for one in file.parent.glob("bridge.db*"))

    assert len(secret) > 40
    assert secret.encode() not in kept
    with house.stage.bridge.database.reading() as session:
        assert session.scalars(select(ApiKeyRow.name).where(ApiKeyRow.name == "kept nowhere")).one()


def test_a_second_server_on_one_sqlite_file_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bridge.db'}"

    with lock.alone(url):
        refused = CliRunner().invoke(app, ["serve"], env={"BRIDGE_DATABASE_URL": url})

    assert refused.exit_code == 2
    assert "another process serves" in refused.stderr
