"""API keys: made once, kept as a hash, revoked for good."""

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.access.keys import Principal, Role, authenticate, create, listing, revoke
from bridge.access.tables import ApiKeyRow
from bridge.db import Database
from bridge.errors import SettingError
from clocks import FakeClock


@pytest.mark.parametrize("mine", list(Role))
@pytest.mark.parametrize("needed", list(Role))
def test_a_role_allows_itself_and_what_is_below_it(mine: Role, needed: Role) -> None:
    rank = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}

    assert mine.allows(needed) == (rank[mine] >= rank[needed])


def test_a_token_is_its_own_principal_and_nobody_elses(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        anna = create(session, "anna", role=Role.OPERATOR, now=clock.now())
        ben = create(session, "ben", role=Role.VIEWER, now=clock.now())
    crossed = anna.token.replace(anna.id, ben.id)

    assert authenticate(database, anna.token, now=clock.now()) == Principal("anna", Role.OPERATOR)
    assert authenticate(database, ben.token, now=clock.now()) == Principal("ben", Role.VIEWER)
    assert authenticate(database, crossed, now=clock.now()) is None


def test_a_token_has_32_random_bytes_and_only_its_hash_is_kept(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        key = create(session, "anna", role=Role.ADMIN, now=clock.now())
    prefix, identity, secret = key.token.split("_", 2)

    with database.reading() as session:
        row = session.get_one(ApiKeyRow, identity)
        kept = {row.hash, row.name, row.id}
    assert prefix == "brk"
    assert len(secret) == 43  # 32 bytes in base64url
    assert kept == {hashlib.sha256(secret.encode()).hexdigest(), "anna", identity}


def test_there_is_no_key_before_one_is_made(database: Database, clock: FakeClock) -> None:
    with database.reading() as session:
        assert listing(session) == []
    for token in ("", "admin", "brk_", "brk__", "brk_default_", "brk_0_"):
        assert authenticate(database, token, now=clock.now()) is None


def test_a_revoked_key_opens_nothing_and_keeps_its_name(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        key = create(session, "anna", role=Role.ADMIN, now=clock.now())
        assert revoke(session, "anna", now=clock.now())

    assert authenticate(database, key.token, now=clock.now()) is None
    with database.transaction() as session:
        assert not revoke(session, "anna", now=clock.now())
        assert [entry.revoked_at for entry in listing(session)] == [clock.now()]
        with pytest.raises(SettingError, match="taken"):
            create(session, "anna", role=Role.VIEWER, now=clock.now())


def test_a_key_is_revoked_by_its_id(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        key = create(session, "anna", role=Role.ADMIN, now=clock.now())
        other = create(session, "ben", role=Role.ADMIN, now=clock.now())
        assert revoke(session, key.id, now=clock.now())

    assert authenticate(database, key.token, now=clock.now()) is None
    assert authenticate(database, other.token, now=clock.now()) is not None


def test_use_is_noted_once_a_minute_at_most(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        key = create(session, "anna", role=Role.VIEWER, now=clock.now())
    first = clock.now()
    seen = []
    for step in (0, 30, 29, 1):
        authenticate(database, key.token, now=clock.advance(step))
        with database.reading() as session:
            seen.append(listing(session)[0].last_used_at)

    assert seen == [first, first, first, first + timedelta(minutes=1)]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 65, "näme", "-rf"])
def test_a_name_that_does_not_belong_in_a_log_is_refused(
    sqlite_database: Database, clock: FakeClock, name: str
) -> None:
    with sqlite_database.transaction() as session, pytest.raises(SettingError, match="key name"):
        create(session, name, role=Role.VIEWER, now=clock.now())


@given(st.text(max_size=60))
def test_any_text_is_no_token(text: str) -> None:
    database = Database("sqlite://")
    ApiKeyRow.metadata.create_all(database.engine)

    assert authenticate(database, f"brk_{text}", now=FakeClock().now()) is None
    database.close()
