"""Plain values become what each field's schema wants."""

from typing import Any

import pytest

from bridge.connectors.jira.fields import shape
from bridge.connectors.jira.form import Field, Form, UnknownField, read_form
from bridge.connectors.jira.people import matching
from bridge.connectors.jira.settings import Flavour
from bridge.errors import PermanentError
from connectors.jira.fake import FakeJira
from connectors.jira.harbour import settings_of

GOLD: tuple[dict[str, Any], ...] = ({"id": "7", "value": "Gold"}, {"id": "8", "value": "7"})
HIGH: tuple[dict[str, Any], ...] = ({"id": "2", "name": "Hoch"},)
SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"


def one(value: Any, **schema: Any) -> Any:
    form = Form("a form", {"f": Field(id="f", name="F", **schema)})
    people = FakeJira(settings_of())
    return shape({"F": value}, form, people=people, markup="text").fields["f"]


@pytest.mark.parametrize(
    ("schema", "value", "written"),
    [
        ({"type": "string"}, "a\nb", "a b"),
        ({"type": "string"}, 5, "5"),
        ({"type": "string"}, True, "true"),
        ({"type": "string", "custom": "x:textarea"}, "a\n!b", "a\n\\!b"),
        ({"type": "number"}, "2.50", 2.5),
        ({"type": "number"}, "3", 3),
        ({"type": "number"}, 4, 4),
        ({"type": "option", "allowed": GOLD}, "gold", {"value": "Gold"}),
        ({"type": "option", "allowed": GOLD}, "7", {"value": "7"}),
        ({"type": "option"}, "new", {"value": "new"}),
        ({"type": "option"}, {"id": "9"}, {"id": "9"}),
        ({"type": "option-with-child"}, ["a", "b"], {"value": "a", "child": {"value": "b"}}),
        ({"type": "option-with-child"}, "a", {"value": "a"}),
        ({"type": "priority", "allowed": HIGH}, "hoch", {"name": "Hoch"}),
        ({"type": "priority", "allowed": HIGH}, "2", {"name": "Hoch"}),
        ({"type": "priority"}, "3", {"id": "3"}),
        ({"type": "priority"}, "High", {"name": "High"}),
        ({"type": "array", "items": "option"}, ["a", "b"], [{"value": "a"}, {"value": "b"}]),
        ({"type": "array", "items": "version"}, "2.4", [{"name": "2.4"}]),
        ({"type": "array", "items": "component"}, ["Pier", None], [{"name": "Pier"}]),
        ({"type": "array", "items": "string"}, None, []),
        ({"type": "array", "items": "string", "system": "labels"}, ["a b"], ["a-b"]),
        ({"type": "array", "items": "user"}, ["Dana Reyes"], [{"accountId": "712020:1f0c"}]),
        ({"type": "array", "items": "json", "custom": SPRINT}, [31], 31),
        ({"type": "array", "items": "json", "custom": SPRINT}, "31", 31),
        ({"type": "array", "items": "json", "custom": SPRINT}, {"id": 31, "name": "x"}, 31),
        ({"type": "array", "items": "json", "custom": SPRINT}, None, None),
        ({"type": "date"}, "2027-01-31", "2027-01-31"),
        ({"type": "date"}, "2027-01-31T23:30:00-05:00", "2027-02-01"),
        ({"type": "datetime"}, "2027-01-31T08:00:00.25+01:00", "2027-01-31T07:00:00.250+0000"),
        ({"type": "datetime"}, "2027-01-31", "2027-01-31T00:00:00.000+0000"),
        ({"type": "user"}, "Ivo Brandt", {"accountId": "712020:9aa1"}),
        ({"type": "project"}, "ENG", {"key": "ENG"}),
        ({"type": "issuelink"}, "jira:issue:77", {"id": "77"}),
        ({"type": "issuelink"}, "ENG-7", {"key": "ENG-7"}),
        ({"type": "any"}, [1, {"x": 2}], [1, {"x": 2}]),
        ({"type": "option"}, None, None),
    ],
    ids=range(37),
)
def test_a_value_is_written_as_its_schema_says(
    schema: dict[str, Any], value: Any, written: Any
) -> None:
    assert one(value, **schema) == written


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        ("number", "many", "a number"),
        ("number", True, "a number"),
        ("date", "tomorrow", "2027-01-31"),
        ("datetime", "soon", "2027-01-31"),
        ("issuelink", "the other", "names no issue"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_before_it_is_sent(
    schema: str, value: Any, words: str
) -> None:
    with pytest.raises(PermanentError, match=words):
        one(value, type=schema)


def test_a_name_that_two_fields_share_wants_an_id() -> None:
    form = read_form("x", [{"id": "customfield_1", "name": "Tier"}, {"id": "c2", "name": "tier"}])

    with pytest.raises(UnknownField, match="c2, customfield_1"):
        form.find("TIER")
    assert form.find("c2").id == "c2"


@pytest.mark.parametrize("name", ["Severity", "severity"])
def test_a_field_nobody_has_is_named(name: str) -> None:
    with pytest.raises(UnknownField, match=name):
        Form("x").find(name)


CLOUD = [
    {"accountId": "a1", "displayName": "Dana Reyes", "active": True},
    {"accountId": "a2", "displayName": "Dana Reyes-Lopez", "active": True},
    {"accountId": "a3", "displayName": "Ivo Brandt", "active": False},
    {"accountId": "a4", "displayName": "Twin", "active": True},
    {"accountId": "a5", "displayName": "Twin", "emailAddress": "t@x.example", "active": True},
]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("dana reyes", "a1"),
        ("Dana", None),
        ("Ivo Brandt", None),
        ("Twin", None),
        ("T@x.example", "a5"),
        ("a2", "a2"),
    ],
)
def test_a_person_matches_exactly_or_is_nobody(said: str, found: str | None) -> None:
    assert matching(said, CLOUD, Flavour.CLOUD) == (found and {"accountId": found})


def test_on_data_center_people_go_by_their_user_name() -> None:
    hits = [{"name": "dreyes", "key": "JIRAUSER1", "displayName": "Dana Reyes", "active": True}]

    found = [matching(said, hits, Flavour.DATACENTER) for said in ("dreyes", "Dana Reyes", "dr")]

    assert found == [{"name": "dreyes"}, {"name": "dreyes"}, None]
