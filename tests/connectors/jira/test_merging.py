"""Two updates of one issue as one: whatever way a field is named, it ends as it would have ended."""

from typing import Any

import pytest

from bridge.connectors.jira.actions import AddComment, CreateIssue, TransitionIssue, UpdateIssue
from connectors.jira.fake import FakeJira
from connectors.jira.harbour import settings_of


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ({"priority": "High", "summary": "Low tide"}, {"priority": "Low"}),
        ({"fields": {"priority": "High"}}, {"priority": "Low"}),
        ({"priority": "High"}, {"fields": {"Priority": "Low"}}),
        ({"fields": {"Priority": "High"}}, {"priority": "Low"}),
        ({"fields": {"Customer Weight": 1}}, {"fields": {"Customer Weight": 2, "duedate": None}}),
        ({"labels": ["tide"], "due": "2027-01-31"}, {"labels": ["ebb"]}),
    ],
    ids=str,
)
def test_one_update_leaves_what_two_would_have_left(
    first: dict[str, Any], later: dict[str, Any]
) -> None:
    left = []
    for merging in (False, True):
        jira = FakeJira(settings_of())
        made = CreateIssue(project="ENG", type="Task", summary="Tides").run(jira, "wrk_1")
        assert made.ref is not None
        one = UpdateIssue.model_validate({"issue": made.ref.id, **first})
        two = UpdateIssue.model_validate({"issue": made.ref.id, **later})
        whole = one.merged(two)
        assert whole is not None
        for action in [whole] if merging else [one, two]:
            action.run(jira, "wrk_2")
        fields = dict(jira.issue(made.ref.id, ["*all"])["fields"])
        left.append({name: value for name, value in fields.items() if name != "updated"})

    assert left[0] == left[1]


@pytest.mark.parametrize(
    "later",
    [
        {"assignee": "nobody@example.com"},
        {"fields": {"customfield_10050": "nobody@example.com"}},
        {"fields": {"customfield_10050": ["nobody@example.com"]}},
        {"issue": "8"},
        {"markup": "wiki"},
    ],
    ids=str,
)
def test_what_might_leave_a_field_as_it_was_goes_after_what_sets_it(later: dict[str, Any]) -> None:
    """Nobody of that name: then Jira must have been told who it was before."""
    values = {"issue": "7", "assignee": "anna@example.com", "fields": {"customfield_10050": "Anna"}}

    merged = UpdateIssue.model_validate(values).merged(
        UpdateIssue.model_validate({"issue": "7", **later})
    )

    assert merged is None


def test_an_update_goes_without_fields_however_they_are_written() -> None:
    whole = UpdateIssue(issue="7", summary="S", priority="High", fields={"duedate": None})

    rest = whole.without({"summary", "priority"})

    assert (rest.issue, rest.sets()) == ("7", {"duedate": None})


@pytest.mark.parametrize("action", [CreateIssue, TransitionIssue, AddComment])
def test_nothing_but_an_update_only_sets_fields(action: Any) -> None:
    made = action.model_validate(action.examples[0])

    assert made.sets() is None
    assert made.merged(made) is None
