"""Mappings against what the systems have now: what is renamed or gone is told at its line."""

import pytest

from bridge.rules.ruleset import RuleSet
from rules.fakes import loaded
from rules.systems import Look, System, linked

SOURCES = """\
version: 1
maps:
  severity: {Critical: critical, High: high}
  state: {New: todo, Closed: done}
sources:
  - id: feedback
    from: {connection: salesforce, object: Case}
    only: record.Type == "Feedback"
    as: feedback
    fields:
      title: Subject
      product: Product__c
      severity: {field: Severity__c, map: severity, else: medium}
      status: {field: Status, map: state}
      customer: {ref: AccountId, name: Account.Name}
    write_back: {link: Jira_Key__c}
"""
RULES = """\
version: 1
maps: {column: {critical: Planned, high: Doing}}
rules:
  - id: told
    description: d
    when: feedback.created
    if: feedback.product == "Router" && feedback.severity in maps.column
    do:
      - id: task
        jira.create_issue: {project: ENG, summary: s, priority: High}
      - salesforce.update_record:
          fields: {Board__c: "${maps.column[feedback.severity]}"}
    tests: [{name: t, given: {event: feedback.created}, expect: []}]
""".replace("feedback.severity in", "has(feedback.severity) && feedback.severity in")


@pytest.fixture
def rules() -> RuleSet:
    return loaded(RULES, sources=SOURCES)


@pytest.fixture
def salesforce() -> System:
    return System(
        fields={
            "Subject": (),
            "Type": ("Feedback", "Question"),
            "Product__c": ("Router", "Cloud"),
            "Severity__c": ("Critical", "High"),
            "Status": ("New", "Closed"),
            "AccountId": (),
            "Account.Name": (),
            "Jira_Key__c": (),
        },
        takes={("fields", "Board__c"): ("Planned", "Doing", "Done")},
    )


@pytest.fixture
def jira() -> System:
    return System(takes={("priority",): ("Highest", "High")})


@pytest.fixture
def look(rules: RuleSet, salesforce: System, jira: System) -> Look:
    return Look(rules, linked({"salesforce": salesforce, "jira": jira}))


def test_where_the_systems_have_everything_nothing_is_said(look: Look) -> None:
    assert look.said() == []
    assert look.unasked == {}
    assert list(look.silent()) == []


def test_a_renamed_value_names_the_key_to_rename(look: Look, salesforce: System) -> None:
    salesforce.fields["Status"] = ("New", "Resolved")

    ((about, problem),) = look.said()
    assert about == "source feedback"
    assert problem == (
        'sources/s.yaml:14:36: `Status` may be "Resolved", which map `state` does not have;'
        " rename the key `Closed` to it"
    )


def test_a_value_that_falls_to_else_is_a_warning(look: Look, salesforce: System) -> None:
    salesforce.fields["Severity__c"] = ("Critical", "High", "Severe")

    ((_, problem),) = look.said()
    assert problem == (
        'sources/s.yaml:13:43: warning: `Severity__c` may be "Severe", which map `severity` does'
        " not have, so it is read as `medium`; add it to the map"
    )


def test_a_field_that_is_gone_is_told_where_it_is_read(look: Look, salesforce: System) -> None:
    del salesforce.fields["Account.Name"]
    salesforce.fields["Jira_Keys__c"] = salesforce.fields.pop("Jira_Key__c")

    assert look.said() == [
        (
            "source feedback",
            "sources/s.yaml:15:40: Case has no field `Account.Name`; did you mean `AccountId`?",
        ),
        (
            "source feedback",
            "sources/s.yaml:16:24: Case has no field `Jira_Key__c`; did you mean `Jira_Keys__c`?",
        ),
    ]


def test_a_word_of_a_condition_is_compared_with_the_systems(look: Look, salesforce: System) -> None:
    salesforce.fields["Type"] = ("Complaint", "Question")
    salesforce.fields["Product__c"] = ("Routers", "Cloud")

    assert look.said() == [
        (
            "rule told",
            'rules/r.yaml:7:29: `feedback.product` is never "Router"; did you mean `Routers`?',
        ),
        (
            "source feedback",
            'sources/s.yaml:8:26: `record.Type` is never "Feedback"; known: Complaint, Question',
        ),
    ]


def test_what_a_step_writes_is_told_at_the_step_or_in_the_map_it_comes_from(
    look: Look, salesforce: System, jira: System
) -> None:
    salesforce.takes["fields", "Board__c"] = ("Planned", "In progress")
    jira.takes["priority",] = ("Urgent",)

    assert look.said() == [
        ("rule told", 'rules/r.yaml:2:42: `Board__c` has no value "Doing"; there are: In progress, Planned'),
        ("rule told", 'rules/r.yaml:10:65: `priority` has no value "High"; there are: Urgent'),
    ]  # fmt: skip


def test_a_system_that_gives_no_answer_is_said_and_the_other_is_asked(
    look: Look, salesforce: System, jira: System
) -> None:
    salesforce.away = True
    jira.takes["priority",] = ("Urgent",)

    assert [about for about, _ in look.said()] == ["rule told"]
    assert look.unasked == {"salesforce": "it does not answer"}
    (silent,) = look.silent()
    assert str(silent) == (
        "sources/s.yaml:7:24: warning: `salesforce` could not be asked, so its words are not"
        " compared; it does not answer"
    )
