"""Syncs against what the systems have now: words, types, and fields that cannot be written."""

from collections.abc import Callable, Sequence

import pytest

from bridge.connectors.vocabulary import Holds, Screen
from rules.syncing import loaded, text
from rules.systems import Look, System, linked

SOURCES = {
    "sources/s.yaml": """\
version: 1
maps: {severity: {Critical: critical, High: high, Medium: medium, Low: low}}
sources:
  - id: customer-feedback
    from: {connection: salesforce, object: Case}
    as: feedback
    fields: {title: Subject, body: Description, promised: Promised__c, requested: Sent__c,
             severity: {field: Severity__c, map: severity}}
  - id: engineering-work
    from: {connection: jira, object: issue}
    as: work_item
    fields: {title: summary, body: description, due: duedate, priority: priority.name}
"""
}
SEVERITY = "{salesforce: severity, jira: priority, owner: ask, map: urgency}"
FIELDS = ("Subject", "Description", "Promised__c", "Sent__c")
Said = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def salesforce() -> System:
    fields: dict[str, Sequence[str]] = dict.fromkeys(FIELDS, ())
    fields["Severity__c"] = ("Critical", "High", "Medium", "Low")
    return System(fields=fields)


@pytest.fixture
def jira() -> System:
    names = ("summary", "description", "duedate", "priority.name")
    return System(fields=dict.fromkeys(names, ()))


@pytest.fixture
def said(salesforce: System, jira: System) -> Said:
    """What a look at both says of a sync with this pair."""

    def look(pair: str, *, more: str = "", thorough: bool = False) -> list[tuple[str, str]]:
        rules = loaded(text(pair, more=more), sources=SOURCES)
        return Look(
            rules, linked({"salesforce": salesforce, "jira": jira}), thorough=thorough
        ).said()

    return look


def test_what_fits_is_fine(said: Said, jira: System) -> None:
    jira.takes["priority",] = ("Highest", "High", "Medium", "Low", "Lowest")
    jira.screen = Screen(of="ENG-1", fields=frozenset({"priority"}))

    assert said(SEVERITY, thorough=True) == []


def test_a_word_of_the_map_that_the_system_does_not_have_is_told_at_the_map(
    said: Said, jira: System
) -> None:
    jira.takes["priority",] = ("Urgent", "High", "Medium", "Low")

    assert said(SEVERITY) == [
        ("sync case-and-issue", 'syncs/0.yaml:3:23: `priority` has no value "Highest"; did you mean `High`?')
    ]  # fmt: skip


def test_a_word_that_comes_back_is_compared_with_the_picklist_of_the_other_end(
    said: Said, salesforce: System
) -> None:
    salesforce.takes["fields", "Severity__c"] = ("Critical", "High", "Medium")

    ((about, problem),) = said(SEVERITY)

    assert about == "sync case-and-issue"
    assert problem.startswith('syncs/0.yaml:3:65: `Severity__c` has no value "Low"')


@pytest.mark.parametrize(
    ("pair", "sales", "issue", "told"),
    [
        ("{salesforce: promised, jira: due, owner: latest, as: date}", Holds.TEXT, Holds.DAY,
         "12:22: `Promised__c` of Case holds text, which `as: date` does not carry"),
        ("{salesforce: promised, jira: due, owner: latest, as: date}", Holds.MOMENT, Holds.DAY,
         "12:22: `Promised__c` of Case holds a time; say whose days count: `as: {date: {moments: {salesforce: ZONE}}}`"),
        ("{salesforce: promised, jira: due, owner: latest, as: {date: {moments: {salesforce: Europe/Madrid}}}}", Holds.DAY, Holds.DAY,
         "12:22: `Promised__c` of Case holds a day, and no time; take it out of `moments`"),
        ("{salesforce: promised, jira: due, owner: latest}", Holds.MOMENT, Holds.DAY,
         "12:22: `Promised__c` holds a time, and the other end a day, so the two never agree; say `as: {date: {moments: {salesforce: ZONE}}}`"),
        ("{salesforce: promised, jira: due, owner: latest, as: moment}", Holds.MOMENT, Holds.DAY,
         "12:38: `duedate` of issue holds a day, which `as: moment` does not carry; say `as: date`"),
    ],
)  # fmt: skip
def test_a_field_of_another_type_than_its_converter_carries_is_told(
    *,
    said: Said,
    salesforce: System,
    jira: System,
    pair: str,
    sales: Holds,
    issue: Holds,
    told: str,
) -> None:
    salesforce.holds["Promised__c"], jira.holds["duedate"] = sales, issue

    assert said(pair) == [("sync case-and-issue", f"syncs/0.yaml:{told}")]


@pytest.mark.parametrize(
    ("converter", "held", "wrong"),
    [
        ("plain_text", Holds.TEXT, False),
        ("plain_text", Holds.RICH_TEXT, True),
        ("rich_text", Holds.TEXT, True),
        ("rich_text", Holds.RICH_TEXT, False),
    ],
)
def test_html_goes_into_a_rich_text_area_and_plain_text_does_not(
    said: Said, salesforce: System, jira: System, converter: str, held: Holds, *, wrong: bool
) -> None:
    salesforce.holds["Description"], jira.holds["description"] = held, Holds.TEXT
    other = {"plain_text": "rich_text", "rich_text": "plain_text"}[converter]

    found = said(f"{{salesforce: body, jira: body, owner: latest, as: {converter}}}")

    assert [problem.endswith(f"; say `as: {other}`") for _, problem in found] == [True] * wrong


def test_a_field_that_cannot_be_written_is_told_unless_its_end_is_the_owner(
    said: Said, salesforce: System
) -> None:
    salesforce.locked.add("Subject")

    ((_, problem),) = said("{salesforce: title, jira: title, owner: latest}")

    assert problem == "syncs/0.yaml:12:22: `Subject` cannot be written"
    assert said("{salesforce: title, jira: title, owner: salesforce}") == []


def test_a_field_that_is_on_no_screen_is_a_warning_to_whoever_asks(
    said: Said, jira: System
) -> None:
    jira.screen = Screen(of="ENG-7", fields=frozenset({"summary"}))

    pair = "{salesforce: promised, jira: due, owner: latest, as: date}"

    assert said(pair) == []
    assert said(pair, thorough=True) == [
        ("sync case-and-issue", "syncs/0.yaml:12:38: warning: `duedate` cannot be edited on ENG-7; is it on the edit screen?")
    ]  # fmt: skip


def test_a_sync_that_is_off_is_looked_at_on_request_and_warned_of(
    said: Said, salesforce: System
) -> None:
    salesforce.locked.add("Subject")
    pair, off = "{salesforce: title, jira: title, owner: latest}", "    mode: off\n"

    assert said(pair, more=off) == []
    ((_, problem),) = said(pair, more=off, thorough=True)
    assert problem == "syncs/0.yaml:13:22: warning: `Subject` cannot be written"


@pytest.mark.parametrize(
    ("carried", "told"),
    [("", ["sync case-and-issue"]), (", as: plain_text", []), (", as: rich_text", [])],
)
def test_a_text_that_goes_into_markup_as_it_is_is_told(
    said: Said, salesforce: System, jira: System, carried: str, told: list[str]
) -> None:
    """Of a custom field only the system knows that it is a text area."""
    salesforce.holds["Subject"] = Holds.RICH_TEXT if "rich" in carried else Holds.TEXT
    jira.holds["summary"] = Holds.MARKUP

    found = said(f"{{salesforce: title, jira: title, owner: latest{carried}}}")

    assert [about for about, _ in found] == told
    assert all(
        problem.endswith(
            "`summary` of issue holds wiki markup, and `Subject` none; say `as: plain_text`, or for"
            " HTML `as: rich_text`"
        )
        for _, problem in found
    )
