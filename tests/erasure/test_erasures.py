"""Erasing a person by the API: counted, refused, done, and nothing else lost."""

import orjson
import pytest
from sqlalchemy import select

from bridge.access.keys import Role
from bridge.access.tables import AuditRow
from bridge.inbox.tables import MessageRow, MessageState
from bridge.ledger.tables import ChangeRow, EventRow, RecordRow
from bridge.outbox.tables import DeliveryRow, State
from clocks import START
from duties import rows
from duties.house import House
from erasure.anna import ACCOUNT, CONTACT, MAIL, NAME, ClientOf, act, counts, traces

ALL = {
    "messages": 1, "events": 1, "changes": 1, "records": 1, "shadows": 1, "links": 1,
    "deliveries": 1, "attempts": 1, "decisions": 1, "holds": 1, "plans": 1, "replays": 1, "replay items": 1, "alarms": 1, "adoptions": 1, "adopted pairs": 1, "audit": 1,
    "alerts": 1, "alert groups": 1, "silences": 1, "backfills": 1, "counterparts": 1,
    "audits of links": 1, "differences": 1,
}  # fmt: skip


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("word", [MAIL, NAME, ACCOUNT, CONTACT, CONTACT[:15], MAIL.upper()])
def test_a_count_finds_a_person_by_whatever_she_is_known_by(
    client_of: ClientOf, house: House, word: str
) -> None:
    before = traces(house.database)

    answer = client_of(Role.ADMIN).post("/api/v1/erasures:count", json={"person": word})

    assert answer.status_code == 200
    found = answer.json()
    assert found["rows"] == ALL
    assert {value for one in found["found"] for value in one["values"].values()} >= {
        CONTACT,
        ACCOUNT,
    }
    assert found["open_deliveries"] == found["unread_messages"] == found["namesakes"] == []
    assert found["remains"]
    assert traces(house.database) == before | {"audit": 1}


@pytest.mark.usefixtures("anna")
def test_a_count_names_the_sets_of_mappings_that_keep_her(
    client_of: ClientOf, house: House
) -> None:
    client = client_of(Role.ADMIN)
    before = client.post("/api/v1/erasures:count", json={"person": MAIL}).json()
    people = f"version: 1\npeople: [{{name: {NAME}, department: support}}]\n"
    (house.folder / "mappings" / "people.yaml").write_text(people, encoding="utf-8")
    activated = house.build().world.sets

    after = client.post("/api/v1/erasures:count", json={"person": MAIL}).json()

    with house.database.reading() as session:
        assert after["mapping_sets"] == [activated.active(session).hash]
    assert before["mapping_sets"] == []


@pytest.mark.usefixtures("anna")
def test_nothing_of_the_person_is_left_and_all_rows_are(client_of: ClientOf, house: House) -> None:
    before = counts(house.database)

    answer = act(client_of(Role.ADMIN), {"person": MAIL, "why": f"{NAME} asked by letter"})

    assert answer.status_code == 200
    assert answer.json()["rows"] == ALL
    assert traces(house.database) == {}
    assert counts(house.database) == before


@pytest.mark.usefixtures("anna")
def test_one_marker_stands_for_the_person_everywhere(client_of: ClientOf, house: House) -> None:
    marker = act(client_of(Role.ADMIN), {"person": MAIL}).json()["marker"]

    with house.database.reading() as session:
        event = session.scalars(select(EventRow)).one()
        change = session.scalars(select(ChangeRow)).one()
        record = session.scalars(select(RecordRow)).one()
        message = session.scalars(select(MessageRow).where(MessageRow.id == "m")).one()
    erased = {"id": marker, "name": marker, "email": marker}
    assert event.actor == {**erased, "kind": "person"}
    assert event.record["title"] == f"{marker} <{marker}> said so"
    assert event.changes[0]["before"] == erased
    assert event.changes[0]["after"]["name"] == "Ben Hur"
    assert (change.before, change.actor) == (erased, marker)
    assert record.data == {"contact": erased, "severity": "high"}
    assert orjson.loads(message.body or b"") == {
        "user": {"accountId": marker, "displayName": marker},
        "contact": marker,
    }


@pytest.mark.usefixtures("anna")
def test_the_audit_tells_who_erased_and_how_much_but_not_whom(
    client_of: ClientOf, house: House
) -> None:
    marker = act(client_of(Role.ADMIN), {"person": MAIL, "why": f"letter of {MAIL}"}).json()[
        "marker"
    ]

    with house.database.reading() as session:
        begun, ended = session.scalars(
            select(AuditRow).where(AuditRow.target == marker).order_by(AuditRow.seq)
        )
    assert (begun.verb, begun.principal, begun.reason) == (
        "erase",
        "a admin",
        f"letter of {marker}",
    )
    assert (ended.verb, ended.difference) == ("erased", ALL)


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("state", [State.PENDING, State.WAITING, State.HELD, State.IN_FLIGHT])
def test_an_erasure_is_refused_while_something_would_still_be_sent(
    client_of: ClientOf, house: House, state: State
) -> None:
    with house.database.transaction() as session:
        owed = rows.delivery("open", START, state, args={"body": f"by {NAME}"}, finished_at=None)
        rows.keep(
            session, owed, rows.message("new", START, MessageState.PENDING, body=MAIL.encode())
        )
    before = traces(house.database)

    refused = act(client_of(Role.ADMIN), {"person": MAIL})

    assert refused.status_code == 409
    assert refused.json()["deliveries"] == ["open"]
    assert refused.json()["messages"] == ["new"]
    assert traces(house.database) == before


@pytest.mark.usefixtures("anna")
def test_a_dead_delivery_loses_the_person_and_stays(client_of: ClientOf, house: House) -> None:
    with house.database.transaction() as session:
        rows.keep(session, rows.delivery("dead", START, State.DEAD, args={"body": f"by {NAME}"}))

    marker = act(client_of(Role.ADMIN), {"person": MAIL}).json()["marker"]

    with house.database.reading() as session:
        dead = session.scalars(select(DeliveryRow).where(DeliveryRow.id == "dead")).one()
    assert (dead.state, dead.args) == (State.DEAD, {"body": f"by {marker}"})


@pytest.mark.usefixtures("anna")
def test_an_erasure_that_is_sent_again_is_answered_as_before(client_of: ClientOf) -> None:
    client = client_of(Role.ADMIN)

    first, again = act(client, {"person": MAIL}), act(client, {"person": MAIL})

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.usefixtures("anna")
def test_a_name_of_two_people_is_refused(client_of: ClientOf, house: House) -> None:
    namesake = {"contact": {"id": "003000000000002AAA", "name": NAME}}
    with house.database.transaction() as session:
        rows.keep(session, rows.record("salesforce:Case:500B", START, data=namesake))

    refused = client_of(Role.ADMIN).post("/api/v1/erasures:count", json={"person": NAME})

    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/namesakes"
    assert "003000000000002AAA" in refused.json()["people"]


@pytest.mark.parametrize("word", ["high", "support"])
def test_a_single_word_that_nobody_has_is_refused(client_of: ClientOf, word: str) -> None:
    assert act(client_of(Role.ADMIN), {"person": word}).status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_an_admin_may_ask_or_erase(client_of: ClientOf, role: Role) -> None:
    client = client_of(role)

    assert client.post("/api/v1/erasures:count", json={"person": MAIL}).status_code == 403
    assert act(client, {"person": MAIL}).status_code == 403
