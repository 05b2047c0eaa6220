"""Two writers of one field are told; two that never act together, or agree, are not."""

import pytest

from bridge.rules.review.review import review
from rules.fakes import loaded


def page(*rules: str) -> str:
    return "version: 1\nrules:\n" + "".join(rules)


def writer(
    name: str, *, condition: str = "", value: str = "", more: str = "when: feedback.updated"
) -> str:
    """A rule that sets the status of the event's own record to its name, or to a value."""
    asked = f"    if: {condition}\n" if condition else ""
    fields = f"fields: {{Status: '{value or name}'}}"
    return (
        f"  - id: {name}\n    description: d\n    {more}\n{asked}"
        f"    do: [{{salesforce.update_record: {{{fields}}}}}]\n"
        "    tests: [{name: t, given: {event: feedback.deleted}, expect: []}]\n"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (writer("a", condition='feedback.severity == "high"'), writer("b", condition='feedback.severity == "low"')),
        (writer("a", condition='feedback.severity in ["high", "low"]'), writer("b", condition='feedback.severity == "medium"')),
        (writer("a", condition="has(feedback.score) && feedback.score < 2.0"), writer("b", condition="has(feedback.score) && feedback.score >= 2.0")),
        (writer("a", condition="has(feedback.product)"), writer("b", condition="'!has(feedback.product)'")),
        (writer("a", condition='has(feedback.title) && feedback.title.contains("x")'), writer("b", condition='\'has(feedback.title) && !feedback.title.contains("x")\'')),
        (writer("a", more="when: feedback.created"), writer("b")),
        (writer("a", value="Working"), writer("b", value="Working")),
        (writer("a", more="when: feedback.updated\n    mode: observe"), writer("b")),
        (writer("a", more="when: feedback.updated\n    origins: [webhook]"), writer("b", more="when: feedback.updated\n    origins: [poll]")),
    ],
)  # fmt: skip
def test_writers_that_never_act_together_or_agree_are_left_alone(one: str, other: str) -> None:
    assert [str(found) for found in review(loaded(page(one, other)), {})] == []


def test_linked_records_in_other_roles_are_other_records() -> None:
    task, bug = (
        f"when: work_item.updated\n    each: {{linked: feedback, roles: [{role}]}}"
        for role in ("task", "bug")
    )
    apart = page(writer("a", more=task), writer("b", more=bug))
    alike = page(writer("a", more=task), writer("b", more=task))

    told = {
        name: [str(one) for one in review(loaded(text), {}) if "is written by" in one.text]
        for name, text in (("apart", apart), ("alike", alike))
    }

    assert told["apart"] == []
    assert len(told["alike"]) == 1


def test_a_key_that_is_written_once_is_pointed_to_what_keeps_it() -> None:
    """An issue that moves has another key and URL."""
    fields = "{Jira_Link__c: '${task.url}', Note__c: 'see ${task.key}'}"
    text = page(
        "  - id: a\n    description: d\n    when: feedback.created\n    do:\n"
        "      - {id: task, jira.create_issue: {project: ENG, summary: a}}\n"
        f"      - salesforce.update_record: {{fields: {fields}}}\n"
        "    tests: [{name: t, given: {event: feedback.deleted}, expect: []}]\n"
    )

    (told,) = [str(one) for one in review(loaded(text), {})]

    assert told.endswith(
        "8:45: warning: `Jira_Link__c` gets the url of now, and an issue that moves has another; keep"
        " it by `write_back: {url: Jira_Link__c}` of the record's source, and take it out here"
    )
