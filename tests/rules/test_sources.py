"""Sources: vendor objects in canonical terms; unknown is not empty, and nothing is guessed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.canonical.event import Act, Actor, Origin
from bridge.canonical.kind import standard
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Moved, Snapshot
from bridge.errors import RuleError
from bridge.rules.loader import load
from bridge.rules.reading import UNKNOWN, at, coerce
from bridge.rules.sources import Source, SourceError, interpret
from rules.fakes import ACTIONS, CONNECTIONS, problems, rule

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
MAPS = "maps: {level: {High: high, '1': critical, true: low}}"


def source(fields: str, *, more: str = "", kind: str = "feedback") -> Source:
    text = (
        f"version: 1\n{MAPS}\nsources:\n  - id: s\n    from: {{connection: salesforce, object: Case}}\n"
        f"    as: {kind}\n    fields: {fields}\n{more}"
    )
    files = {"sources/s.yaml": text}
    rules = load(files, kinds=standard(), actions=ACTIONS, connections=CONNECTIONS)
    (found,) = rules.source_for("salesforce", "Case")
    return found


def snapshot(fields: dict[str, Any], **more: Any) -> Snapshot:
    ref = Ref("salesforce", "Case", "5001")
    return Snapshot(object="Case", ref=ref, act=Act.SEEN, occurred_at=AT, fields=fields, **more)


def record(found: Source, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    sighting = interpret(found, snapshot(fields, **more), origin=Origin.WEBHOOK)
    assert sighting is not None
    return dict(sighting.record)


def test_a_missing_path_is_unknown_unless_the_snapshot_is_whole() -> None:
    found = source("{title: Subject, product: Account.Line, channel: Channel}")
    fields = {"Subject": None, "Account": None}

    assert record(found, fields, complete=False) == {"title": None, "product": None}
    assert record(found, fields) == {"title": None, "product": None, "channel": None}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("flat.name", 2),
        ("list.name", ["x", "y"]),
        ("a.c", UNKNOWN),
        ("none.x", None),
        ("a.b.c", UNKNOWN),
        ("list.gone", []),
    ],
)
def test_a_path_is_flat_then_deep_then_over_a_list(path: str, value: object) -> None:
    fields = {
        "a": {"b": 1},
        "flat.name": 2,
        "list": [{"name": "x"}, {"name": "y"}, {"name": None}],
        "none": None,
    }

    assert at(fields, path) == value


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("title", "x", "x"),
        ("title", 12, "12"),
        ("title", 12.0, "12"),
        ("title", {"name": "High", "id": "1"}, "High"),
        ("score", "4.5", 4.5),
        ("score", 4, 4.0),
        ("requested", "true", True),
        ("requested", False, False),
        ("requested", "No", False),
        ("severity", "High", "high"),
        ("status", "In Progress", "in_progress"),
        ("promised", "2026-11-23T10:55:30.101+0100", "2026-11-23T09:55:30.101000Z"),
        ("promised", "2026-11-23T09:55:12.000Z", "2026-11-23T09:55:12Z"),
        ("promised", "2026-11-23T09:55:12.000+0000", "2026-11-23T09:55:12Z"),
        ("promised", "2026-11-23", "2026-11-23T00:00:00Z"),
        ("title", None, None),
    ],
)
def test_a_value_becomes_what_its_field_is(name: str, raw: object, value: object) -> None:
    assert record(source(f"{{{name}: F}}"), {"F": raw}) == {name: value}


@pytest.mark.parametrize(
    ("name", "raw"),
    [("score", "many"), ("score", True), ("score", "nan"), ("requested", "perhaps"),
     ("promised", "soon"), ("promised", 12), ("severity", "urgent"), ("product", {"a": 1})],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_an_error_that_says_what_came(name: str, raw: object) -> None:
    with pytest.raises(
        SourceError, match=f"source s: {name}: no|source s: {name}: 'urgent'"
    ) as caught:
        record(source(f"{{{name}: F}}"), {"F": raw})

    assert caught.value.detail["field"] == name


def test_what_people_wrote_is_not_in_an_error() -> None:
    with pytest.raises(SourceError) as caught:
        record(source("{title: F}"), {"F": {"secret": "word"}})

    assert "word" not in str(caught.value)


def test_lists_money_and_people() -> None:
    fields = "{labels: labels, fix_versions: fixVersions.name, assignee: {id: a.accountId, name: a.displayName}, cost_planned: cost, sprint: sprints.name}"
    found = source(fields, kind="work_item")
    raw = {
        "labels": ["a", "b"],
        "fixVersions": [{"name": "2.4"}],
        "a": {"accountId": "u1", "displayName": "Dana"},
        "cost": 1250.5,
        "sprints": [{"name": "S1"}, {"name": "S2"}],
    }

    assert record(found, raw) == {
        "labels": ["a", "b"],
        "fix_versions": ["2.4"],
        "assignee": {"id": "u1", "name": "Dana"},
        "cost_planned": {"amount": "1250.5"},
        "sprint": "S2",
    }
    assert record(found, {"a": None, "labels": []})["assignee"] is None


def test_a_record_it_reads_is_one_its_kind_takes() -> None:
    found = source("{score: {field: S, scale: [1, 5]}, promised: P, requested: R, severity: V}")

    read = record(found, {"S": 3, "P": "2026-11-23", "R": True, "V": "low"})

    assert found.model.model_validate(read).model_dump(exclude_unset=True)["score_max"] == 5.0
    assert (read["score_min"], read["score_max"]) == (1.0, 5.0)


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
        ("{title: {field: F, scale: [1, 5]}}", "", "title has no scale"),
        ("{title: {field: F, else: x}}", "", "`else` belongs to `map`"),
        ("{title: {}}", "", "give one of a path"),
        ("{title: {feld: F}}", "", "unknown key `feld`; did you mean `field`?"),
        ("{title: F}", "    tracked: [titel]\n", "did you mean `title`?"),
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


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    )
)
def test_any_value_fits_or_is_refused(raw: Any) -> None:
    for kind in standard():
        for name, info in kind.model.model_fields.items():
            try:
                value = coerce(raw, info.annotation)
            except ValueError:
                continue
            kind.model.model_validate({name: value})
            assert value is not UNKNOWN
