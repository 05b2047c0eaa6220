"""What differs between two sets, by meaning: what people see before they make one of them active."""

from pathlib import Path

import pytest

from bridge.rules.difference import Act, differences, phrase, text_difference
from bridge.rules.folder import read_folder

SHIPPED = read_folder(Path(__file__).parents[2] / "mappings")
RULES = "rules/feedback.yaml"
HEAD = "version: 1\nrules:\n"
RULE = """\
  - id: {id}
    description: d
    when: feedback.created
    do:
      - id: task
        jira.create_issue: {{project: ENG, summary: "{summary}"}}
      - teams.post_card: {{channel: engineering, title: new}}
    tests: [{{name: t, given: {{event: feedback.created}}, expect: []}}]
"""


def one_rule(summary: str = "a", name: str = "r") -> dict[str, str]:
    return {RULES: HEAD + RULE.format(id=name, summary=summary)}


def test_a_changed_value_is_named_with_its_path_and_both_values() -> None:
    (found,) = differences(one_rule("a"), one_rule("b"))

    (key,) = found.keys
    assert (found.what, found.name, found.act, found.file) == ("rule", "r", Act.CHANGED, RULES)
    assert key.path == "do.task.jira.create_issue.summary"
    assert (key.act, key.before, key.after) == (Act.CHANGED, "a", "b")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("when: feedback.created", "when: [feedback.created]"),
        ("description: d", "description: 'd'  # why"),
        ("    when: feedback.created\n", "    mode: live\n    when: feedback.created\n"),
        ("{project: ENG, summary: ", "{type: Task, project: ENG, summary: "),
    ],
    ids=["short form", "comment and quotes", "a default written out", "a key more"],
)
def test_what_means_the_same_is_no_difference(old: str, new: str) -> None:
    before = one_rule()
    after = {RULES: before[RULES].replace(old, new)}

    assert before != after
    assert bool(differences(before, after)) is ("type" in new)


def test_what_a_test_expects_is_named_as_people_write_it() -> None:
    expect = "expect: [{jira.create_issue: {summary: S}}, teams.post_card]"
    before = {RULES: one_rule()[RULES].replace("expect: []", expect)}
    after = {RULES: before[RULES].replace("summary: S", "summary: T")}

    (found,) = differences(before, after)

    assert [(key.path, key.before, key.after) for key in found.keys] == [
        ("tests.t.expect.jira.create_issue.summary", "S", "T")
    ]


def test_an_item_that_stands_in_another_file_now_is_the_same() -> None:
    assert differences(one_rule(), {"rules/other.yaml": one_rule()[RULES]}) == ()


def test_what_was_added_and_removed_is_named_as_a_whole() -> None:
    found = differences(one_rule(name="old"), one_rule(name="new"))

    assert [(one.name, one.act, one.keys) for one in found] == [
        ("new", Act.ADDED, ()),
        ("old", Act.REMOVED, ()),
    ]


def test_the_order_of_steps_and_of_rules_means_something() -> None:
    both = RULE.format(id="a", summary="s"), RULE.format(id="b", summary="s")
    step = "      - teams.post_card: {channel: engineering, title: new}\n"
    turned = both[0].replace(step, "").replace("    do:\n", f"    do:\n{step}")

    rules = differences({RULES: HEAD + "".join(both)}, {RULES: HEAD + "".join(both[::-1])})
    steps = differences({RULES: HEAD + both[0]}, {RULES: HEAD + turned})

    assert [(one.what, one.keys[0].before, one.keys[0].after) for one in rules] == [
        ("order", ["a", "b"], ["b", "a"])
    ]
    (key,) = steps[0].keys
    assert (key.path, key.act, key.after) == ("do", Act.MOVED, ["teams.post_card", "task"])


def test_sources_maps_and_people_are_compared_too() -> None:
    after = {
        name: text.replace("field: Severity__c", "field: Urgency__c")
        .replace("department: engineering", "department: design")
        .replace("critical: Highest", "critical: High")
        for name, text in SHIPPED.items()
    }

    found = {one.what: one for one in differences(SHIPPED, after)}

    assert [key.path for key in found["source"].keys] == ["fields.severity.field"]
    assert [(key.path, key.before, key.after) for key in found["map"].keys] == [
        ("critical", "Highest", "High")
    ]
    assert [key.path for key in found["person"].keys] == ["department"]


def test_the_phrase_names_rules_and_counts_people() -> None:
    after = {name: text.replace("engineering", "design") for name, text in SHIPPED.items()}

    said = phrase(differences(SHIPPED, {**after, **one_rule(name="new")}))

    assert "rule new added" in said
    assert "person changed" in said or "people changed" in said
    assert "Dana" not in said
    assert phrase(()) == "nothing that means anything"


def test_a_set_that_this_version_cannot_read_is_compared_as_it_is_written() -> None:
    unknown = {RULES: one_rule()[RULES].replace("    description: d\n", "    speed: 3\n")}
    broken = {RULES: "version: 1\nrules: ["}

    (found,) = differences(one_rule(), unknown)
    paths = {key.path for key in found.keys}

    assert {"description", "speed"} <= paths
    assert {(one.what, one.name) for one in differences(one_rule(), broken)} == {
        ("rule", "r"),
        ("file", RULES),
    }
    assert differences(broken, broken) == ()


def test_a_number_is_not_a_yes() -> None:
    before = {RULES: "version: 1\nmaps: {m: {a: 1}}\n"}
    after = {RULES: "version: 1\nmaps: {m: {a: true}}\n"}

    assert [key.after for one in differences(before, after) for key in one.keys] == [True]


def test_the_text_is_that_of_diff() -> None:
    lines = list(text_difference(one_rule("a"), {**one_rule("b"), "people.yaml": "version: 1\n"}))

    assert lines[:3] == ["--- /dev/null", "+++ b/people.yaml", "@@ -0,0 +1 @@"]
    assert f"--- a/{RULES}" in lines
    assert any(line.startswith("+") and 'summary: "b"' in line for line in lines)
