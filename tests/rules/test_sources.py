"""Sources: vendor objects in canonical terms; unknown is not empty, and nothing is guessed."""

from typing import Any

import pytest

from bridge.canonical.event import Act, Actor, Origin
from bridge.canonical.kind import standard
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Snapshot
from bridge.connectors.history import Moved
from bridge.errors import RuleError
from bridge.rules.sources import SourceError, interpret
from rules.fakes import problems, rule
from rules.snapshots import AT, MAPS, record, snapshot, source


def test_a_map_reads_words_numbers_and_flags_and_has_an_else() -> None:
    strict = source("{severity: {field: F, map: level}}")
    lenient = source("{severity: {field: F, map: level, else: medium}}")

    assert record(strict, {"F": "High"}) == {"severity": "high"}
    assert record(strict, {"F": 1}) == {"severity": "critical"}
    assert record(strict, {"F": True}) == {"severity": "low"}
    assert record(strict, {"F": None}) == {"severity": None}
    assert record(lenient, {"F": "Odd"}) == {"severity": "medium"}
    assert record(lenient, {}, complete=False) == {}
    with pytest.raises(SourceError, match="map `level` has no `Odd` and there is no `else`"):
        record(strict, {"F": "Odd"})


def test_a_customer_is_a_ref_and_goes_with_the_sighting() -> None:
    found = source("{customer: {ref: AccountId, name: Account.Name, value: Account.Revenue}}")
    raw = {"AccountId": "001A", "Account": {"Name": "Acme", "Revenue": 5e6}}

    sighting = interpret(found, snapshot(raw), origin=Origin.WEBHOOK)

    assert sighting is not None
    assert sighting.customer == "salesforce:Account:001A"
    assert sighting.record == {
        "customer": {"ref": "salesforce:Account:001A", "name": "Acme", "value": 5e6}
    }
    assert record(found, {"AccountId": None}) == {"customer": None}


def test_a_sighting_keeps_what_the_snapshot_knows() -> None:
    actor = Actor(id="u")
    shown = snapshot({"F": "x"}, version="7", stamp=AT, created_at=AT, actor=actor)

    sighting = interpret(source("{title: F}"), shown, origin=Origin.POLL)

    assert sighting is not None
    assert (sighting.kind, sighting.source, sighting.ref) == ("feedback", "s", shown.ref)
    assert (sighting.version, sighting.stamp, sighting.created_at) == ("7", AT, AT)
    assert (sighting.actor, sighting.origin, sighting.act) == (actor, Origin.POLL, Act.SEEN)


@pytest.mark.parametrize(
    ("only", "fields", "wanted"),
    [
        ('record.Type.Name == "Feedback"', {"Type": {"Name": "Feedback"}}, True),
        ('record.Type.Name == "Feedback"', {"Type": {"Name": "Problem"}}, False),
        ('record.Type.Name == "Feedback"', {"Type": None}, False),
        ('record.Type.Name == "Feedback"', {}, False),
        ('has(record.Type.Name) && record.Type.Name != "Feedback"', {"Type": None}, False),
        ("has(record.Amount) && record.Amount > 5", {"Amount": 6}, True),
        ("has(record.Amount) && record.Amount > 5", {"Amount": None}, False),
        ("!has(record.Parent)", {"Parent": None}, True),
    ],
)
def test_only_takes_what_it_says(only: str, fields: dict[str, Any], *, wanted: bool) -> None:
    found = source("{title: F}", more=f"    only: '{only}'\n")

    assert (interpret(found, snapshot(fields), origin=Origin.WEBHOOK) is not None) is wanted


def test_only_over_a_message_that_does_not_say_is_an_error_with_its_place() -> None:
    found = source("{title: F}", more='    only: record.Type.Name == "Feedback"\n')

    with pytest.raises(SourceError, match=r"Type\.Name is not in this message") as caught:
        interpret(found, snapshot({"F": "x"}, complete=False), origin=Origin.WEBHOOK)

    assert caught.value.detail["expression"] == 'record.Type.Name == "Feedback"'
    assert caught.value.detail["column"] == 11
    assert isinstance(caught.value, RuleError)


def test_only_that_cannot_be_evaluated_is_an_error() -> None:
    found = source("{title: F}", more="    only: has(record.A) && record.A > 5\n")

    with pytest.raises(SourceError, match=r"sources/s\.yaml:8:11: "):
        interpret(found, snapshot({"A": "text"}), origin=Origin.WEBHOOK)


def test_a_deleted_record_needs_no_fields() -> None:
    found = source("{title: F}", more='    only: record.Type == "Feedback"\n')
    gone = Snapshot(
        object="Case",
        ref=Ref("salesforce", "Case", "1"),
        act=Act.DELETED,
        occurred_at=AT,
        complete=False,
    )

    sighting = interpret(found, gone, origin=Origin.WEBHOOK)

    assert sighting is not None
    assert sighting.record == {}


def test_a_value_can_be_computed() -> None:
    found = source("{sentiment: {value: 'has(record.A) ? double(record.A) / 10.0 : 0.0'}}")

    assert record(found, {"A": 5}) == {"sentiment": 0.5}
    assert record(found, {}) == {"sentiment": 0.0}
    assert record(found, {}, complete=False) == {}


def test_a_reread_asks_for_every_path_once_in_order() -> None:
    found = source(
        "{title: Subject, body: Subject, customer: {ref: AccountId, name: Account.Name}, "
        "sentiment: {value: 'record.Mood'}, severity: {field: Level, map: level}}",
        more='    only: record.Type.Name == "x" || has(record.Subject)\n    reread: true\n',
    )

    assert found.vendor_fields == (
        "Type.Name", "Subject", "AccountId", "Account.Name", "Mood", "Level",
    )  # fmt: skip
    assert found.reread


def test_a_change_log_is_read_where_it_can_be() -> None:
    found = source(
        "{title: summary, severity: {field: level.name, map: level, else: medium}, status_name: status.name, "
        "status: status.key, contact: {id: who.accountId, name: who.displayName}}"
    )
    moved = (
        Moved(field="summary", before="A", after="B"),
        Moved(field="level", before={"name": "High"}, after={"name": "Odd"}),
        Moved(field="status", before={"name": "To Do"}, after={"name": "Done"}),
        Moved(field="who", before=None, after={"accountId": "u", "displayName": "D"}),
        Moved(field="other", before=1, after=2),
    )

    sighting = interpret(found, snapshot({}, moved=moved), origin=Origin.WEBHOOK)

    assert sighting is not None
    assert sighting.moved == {
        "title": ("A", "B"),
        "status_name": ("To Do", "Done"),
        "contact": (None, {"id": "u", "name": "D"}),
    }


def test_tracked_is_the_kinds_own_unless_it_says_so() -> None:
    own = source("{title: F}")
    said = source("{title: F}", more="    tracked: [title]\n")

    assert own.tracked == standard()["feedback"].tracked
    assert said.tracked == frozenset({"title"})


@pytest.mark.parametrize(
    ("fields", "more", "said"),
    [
        ("{titel: F}", "", "8:14: feedback has no field `titel`; did you mean `title`?"),
        ("{severity: {field: F, map: levle}}", "", "no map `levle`; did you mean `level`?"),
        ("{status: {field: F, map: level}}", "", "map `level`: 'high' is none of todo"),
        ("{severity: {field: F, map: level, else: urgent}}", "", "`else`: 'urgent' is none of"),
        ("{title: {ref: F}}", "", "title is no customer"),
        ("{title: {id: F}}", "", "title is no person"),
        ("{title: {field: F, scale: [1, 5]}}", "", "`title` has no scale; take `scale` out"),
        ("{title: {field: F, else: x}}", "", "`else` belongs to `map`"),
        ("{title: {}}", "", "give one of a path"),
        ("{title: {feld: F}}", "", "unknown key `feld`; did you mean `field`?"),
        ("{title: F}", "    tracked: [titel]\n", "did you mean `title`?"),
        ("{title: F}", "    tracked: [channel]\n", "changes of `channel` are kept for no feedback"),
        ("{title: F}", "    only: record.A < 5\n", "write has(record.A) && record.A < 5"),
        ("{title: F}", "    only: recrd.A == 5\n", "recrd"),
        ("{title: F}", "    only: record['A b'] == 5\n", "write record.Name"),
        ("{title: F}", '    only: record.A == "x #y"\n', "quote it: 'record.A == \"x #y\"'"),
        ("{title: F}", "    only: 1 + 1\n", "a condition is true or false"),
        ("{title: {value: record.A + record.B}}", "", "`record.A` may have no value"),
    ],
)
def test_a_mistake_in_a_source_is_told(fields: str, more: str, said: str) -> None:
    text = (
        f"version: 1\n{MAPS}\nsources:\n  - id: s\n    from: {{connection: salesforce, object: Case}}\n"
        f"    as: feedback\n    reread: true\n    fields: {fields}\n{more}"
    )

    found = problems(rule(), sources=text)

    assert any(said in line for line in found), found


def test_unknown_kinds_and_connections_are_told() -> None:
    text = "version: 1\nsources: [{id: s, from: {connection: salesforc, object: Case}, as: feedbak, fields: {}}]\n"

    assert "did you mean `feedback`?" in problems(rule(), sources=text)[0]
    assert (
        "no connection `salesforc`; did you mean `salesforce`?"
        in problems(rule(), sources=text.replace("feedbak", "feedback"))[0]
    )
