"""Loading: every mistake is told at its line and column, with what would be right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.canonical.kind import standard
from bridge.errors import RuleError
from bridge.rules.loader import content_hash, load
from bridge.rules.problem import MappingProblems
from rules.fakes import ACTIONS, CONNECTIONS, loaded, problems, rule

JIRA = """\
version: 1
sources:
  - id: work
    from: {connection: jira, object: issue}
    as: work_item
    fields: {title: summary}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rule(condition='feedback.sevurity == "x"'), "7:18: `feedback` has no field `sevurity`; did you mean `severity`?"),
        (rule(condition="has(feedback.score) && feedback.score < 6"), "write the number with a decimal point, 6.0 and not 6"),
        (rule(condition="feedback.title"), "a condition is true or false, this is text; compare it with something"),
        (rule(condition="has(feedback.title"), "7:"),
        (rule(condition="fedback.score > 1.0"), "there is no `fedback` here; did you mean `feedback`?"),
        (rule(condition='maps.priorty["x"] == "y"'), "no map `priorty`; did you mean `priority`?"),
        (rule(when="feedback.create"), "6:11: `feedback` has no event `create`; did you mean `created`?"),
        (rule(when="feedbak.created"), "no record kind `feedbak`; did you mean `feedback`?"),
        (rule(when="feedback.title"), "`feedback.title` is no event; write feedback.updated, and if: changed.title"),
        (rule(when="[feedback.created, work_item.created]"), "one rule is about one record kind"),
        (rule(do="[{teams.post_crd: {channel: a, title: b}}]"), "7:11: no action `teams.post_crd`; did you mean `teams.post_card`?"),
        (rule(do="[{teams.post_card: {chanel: a, title: b}}]"), "unknown key `chanel`; did you mean `channel`?"),
        (rule(do="[{teams.post_card: {title: b}}]"), "`channel` is missing"),
        (rule(do="[{id: task, jira.create_issue: {project: ENG, summary: a}}, {waits_for: tusk, teams.post_card: {channel: a, title: b}}]"), "no earlier step `tusk` makes a record; did you mean `task`?"),
        (rule(do="[{teams.post_card: {channel: 12, title: b}}]"), "should be text; quote it: '12'"),
        (rule(do="[{teams.post_card: {channel: a, title: '${feedback.score}'}}]"), "`title` should be text, and this expression gives a number with decimals"),
        (rule(do="[{teams.post_card: {channel: a, title: 'é ${feedback.titel}'}}]"), "7:61: `feedback` has no field `titel`"),
        (rule(do="[{teams.post_card: {channel: a, title: '${feedback.title'}}]"), "`${` without its `}`"),
        (rule(do="[{teams.post_card: {channel: a, title: '${feedback.customer}'}}]"), "is a whole record"),
        (rule(do="[{teams.post_card: {channel: a, title: '${changed.due ? feedback.promised : now}'}}]"), "`changed` has no field `due`"),
        (rule(do="[{teams.post_card: {channel: a, title: '${feedback.title + feedback.body}'}}]"), "`feedback.title` may have no value"),
        (rule(do="[{teams.post_card: {channel: a, title: '${maps.priority[feedback.severity]}'}}]"), "`feedback.severity` may have no value"),
        (rule(do="[{teams.post_card: {channel: a, title: b, $deferred: []}}]"), "unknown key `$deferred`"),
        (rule(do="[{teams.post_card: {channel: a, title: b, facts: {$deferred: x}}}]"), "`$deferred` is Bridge's own word"),
        (rule(do="[{teams.post_card: {channel: a, title: b}, jira.update_issue: {issue: x}}]"), "a step is exactly one action"),
        (rule(do="[{role: x, teams.post_card: {channel: a, title: b}}]"), "`role` belongs to an action that makes a record"),
        (rule(do="[{merge: never, teams.post_card: {channel: a, title: b}}]"), "`merge` belongs to an action that sets fields; teams.post_card is never merged"),
        (rule(do="[{merge: always, jira.update_issue: {issue: x}}]"), "'always' is none of never"),
        (rule(do="[{jira.create_issue: {project: E, summary: s}}, {teams.post_card: {channel: a, title: '${jira.create_issue.key}'}}]"), "there is no `jira` here; to use what a step makes, give that step an `id:`"),
        (rule(do="[]"), "should not be empty"),
        (rule(do="[{id: feedback, teams.post_card: {channel: a, title: b}}]"), "`feedback` means something else"),
        (rule(do="[{expires: 2 hours, teams.post_card: {channel: a, title: b}}]"), "not a duration"),
        (rule(do="[{connection: jira, teams.post_card: {channel: a, title: b}}]"), "no teams connection `jira`"),
        (rule(more="each: {linked: feedback}"), "one name for two records"),
        (rule(more="each: work_itm"), "did you mean `work_item`?"),
        (rule(more="urgent: maybe"), "should be true or false"),
        (rule(more="origins: [webhok]"), "'webhok' is none of webhook, poll, stream, backfill, clock, manual, own; did you mean `webhook`?"),
        (rule(more="descripton: x"), "unknown key `descripton`; did you mean `description`?"),
        ("version: 2\nrules: []\n", "1:10: should be 1"),
        ("rules: []\n", "`version` is missing"),
        ("- a\n", "the file is not a mapping"),
        ("version: 1\nmaps: {m: {a: null}}\n", "2:"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_what_would_be_right(text: str, said: str) -> None:
    found = problems(text)

    assert any(said in line for line in found), found
    assert all(line.startswith("rules/r.yaml:") for line in found)


def test_the_column_points_into_a_folded_expression() -> None:
    text = rule().replace(
        "    do:", "    if: >-\n      has(feedback.title)\n      && feedback.sore > 1.0\n    do:"
    )

    assert problems(text) == [
        "rules/r.yaml:9:18: `feedback` has no field `sore`; did you mean `score`?"
    ]


def test_all_mistakes_of_all_files_are_told() -> None:
    files = {
        "rules/a.yaml": rule(when="feedback.create").replace("id: r", "id: a", 1),
        "rules/b.yaml": rule(condition="x").replace("priority:", "other:", 1),
        "sources/s.yaml": JIRA.replace("title", "titel"),
        "notes.yaml": "a: 1\n",
        "people.yaml": "version: 1\npeople: [{name: A}]\n",
    }

    with pytest.raises(MappingProblems) as caught:
        load(files, kinds=standard(), actions=ACTIONS, connections=CONNECTIONS)

    assert [problem.file for problem in caught.value.problems] == sorted(files)
    assert isinstance(caught.value, RuleError)


def test_a_wrong_form_does_not_hide_the_mistakes_of_the_next_rule() -> None:
    second = rule(condition="feedback.sore > 1.0").split("rules:\n")[1].replace("id: r", "id: s", 1)

    found = problems(rule(more="urgent: maybe") + second)

    assert len(found) == 2


def test_a_condition_that_cannot_be_read_is_one_mistake_and_so_is_a_map() -> None:
    """What it would have guarded, and what the map would have given, is not complained of."""
    card = "[{teams.post_card: {channel: a, title: '${feedback.title + feedback.body}'}}]"
    lost = rule(condition='maps.priority["high"] == "x"').replace("high: High", "high High")

    assert len(problems(rule(condition="has(feedback.title", do=card))) == 1
    assert len(problems(lost)) == 1


def test_a_misspelt_key_is_not_missing_too() -> None:
    assert problems(rule(do="[{teams.post_card: {chanel: a, title: b}}]")) == [
        "rules/r.yaml:7:29: unknown key `chanel`; did you mean `channel`?"
    ]
    assert problems(rule().replace("description", "descripton")) == [
        "rules/r.yaml:5:5: unknown key `descripton`; did you mean `description`?"
    ]


def test_names_are_given_once() -> None:
    twice = rule() + rule().split("rules:\n")[1]
    maps = {"rules/a.yaml": rule(), "rules/b.yaml": rule().replace("id: r", "id: s", 1)}

    with pytest.raises(MappingProblems) as caught:
        load(maps, kinds=standard(), actions=ACTIONS, connections=CONNECTIONS)

    assert "there is a rule `r` already" in problems(twice)[0]
    assert "there is a map `priority` already" in str(caught.value)
    assert (
        "there is a source `work` already"
        in problems(rule(), sources=JIRA + JIRA.split("sources:\n")[1])[0]
    )


def test_two_unnamed_steps_of_one_action_ask_for_an_id() -> None:
    card = "{teams.post_card: {channel: a, title: b}}"
    named = "{id: second, teams.post_card: {channel: a, title: b}}"

    assert "give one of them an `id:`" in problems(rule(do=f"[{card}, {card}]"))[0]
    assert problems(rule(do=f"[{card}, {named}]")) == []


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("${size(task.key)}", "what `task` gives is not known yet"),
        ("${task.key + task.url}", "what `task` gives is not known yet"),
        ("${task.name}", "`task` has no `name`"),
        ("${card.key}", "step `card` makes no record before this step"),
        ("${linked.key}", "there is no `linked` here"),
        ("${task.key} and ${task.url}", ""),
    ],
)
def test_a_result_can_only_be_put_into_a_text(title: str, said: str) -> None:
    do = (
        "[{id: task, jira.create_issue: {project: ENG, summary: s}}, "
        f"{{id: card, teams.post_card: {{channel: a, title: '{title}'}}}}]"
    )

    found = problems(rule(do=do))

    assert (said in found[0]) if said else found == []


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ('    if: feedback.title == "a #b"', """quote it: 'feedback.title == "a #b"'"""),
        (
            '    if: "critical" in feedback.title',
            """quote it: if: '"critical" in feedback.title'""",
        ),
        ("    if: [1].exists(x, x > 0)", "quote it: if: '[1].exists(x, x > 0)'"),
        ("    if: !changed.title", "quote it: if: '!changed.title'"),
    ],
)
def test_an_expression_that_yaml_cuts_is_offered_in_quotes(line: str, offered: str) -> None:
    text = rule().replace("    do:", f"{line}\n    do:")

    assert any(offered in found for found in problems(text))


def test_a_text_cut_by_a_comment_is_offered_in_quotes_and_a_real_comment_is_none() -> None:
    cut = rule().replace(
        "    do: [{teams.post_card: {channel: a, title: b}}]",
        "    do:\n      - teams.post_card:\n          channel: a\n          title: ${feedback.title} #1",
    )
    real = rule().replace("    do:", "    if: changed.title  # news\n    do:")

    assert "quote it: '${feedback.title} #1'" in problems(cut)[0]
    assert problems(real) == []


def test_the_account_is_chosen_or_asked_for() -> None:
    two = {**CONNECTIONS, "jira-dc": "jira"}
    create = "jira.create_issue: {project: ENG, summary: s}"

    chosen = loaded(rule(do=f"[{{connection: jira-dc, {create}}}]"), connections=two)

    assert chosen.rules[0].steps[0].connection == "jira-dc"
    assert loaded(rule(do=f"[{{{create}}}]")).rules[0].steps[0].connection == "jira"
    assert (
        "which connection? there are jira, jira-dc"
        in problems(rule(do=f"[{{{create}}}]"), connections=two)[0]
    )
    assert (
        "no connection to jira is set up"
        in problems(rule(do=f"[{{{create}}}]"), connections={"teams": "teams"})[0]
    )
    assert (
        loaded(rule(do=f"[{{{create}}}]"), connections=None).rules[0].steps[0].connection == "jira"
    )


def test_a_target_in_another_system_is_asked_for() -> None:
    update = rule(do="[{jira.update_issue: {summary: s}}]")
    cases = "version: 1\nsources: [{id: c, from: {connection: salesforce, object: Case}, as: feedback, fields: {}}]\n"

    assert (
        "`issue` is missing: the event's own record is not in jira"
        in problems(update, sources=cases)[0]
    )
    assert problems(update.replace("feedback.created", "work_item.created", 1), sources=JIRA) == []


def test_the_hash_is_of_what_the_files_say() -> None:
    files = {"rules/a.yaml": "a: 1\nb: 2\n", "people.yaml": "x"}

    assert content_hash(files) == content_hash(dict(reversed(files.items())))
    assert content_hash(files) == content_hash({**files, "rules/a.yaml": "a: 1\r\nb: 2"})
    assert content_hash(files) != content_hash({**files, "rules/a.yaml": "a: 1\nb: 3\n"})
    assert len(content_hash(files)) == 16


def test_a_rule_has_a_version_of_its_own() -> None:
    one = loaded(rule()).rules[0].version

    assert one == loaded(rule()).rules[0].version
    assert one != loaded(rule(condition="changed.title")).rules[0].version


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["if", "when", "do", "id", "tests", "each"]))
def test_whatever_stands_there_it_loads_or_is_told(text: str, key: str) -> None:
    lines = [line for line in rule().splitlines() if not line.strip().startswith(f"{key}:")]

    found = problems("\n".join([*lines, f"    {key}: {text}"]))

    assert all(line.startswith("rules/r.yaml:") for line in found)


@pytest.mark.parametrize(
    ("fields", "kept"),
    [("{Jira_Key__c: x}", True), ("{Jira_URL__c: x}", False)],
    ids=["kept", "free"],
)
def test_a_field_that_write_back_keeps_has_no_second_writer(fields: str, kept: bool) -> None:
    source = (
        "version: 1\nsources:\n  - id: cases\n    from: {connection: salesforce, object: Case}\n"
        "    as: feedback\n    fields: {title: Subject}\n    write_back: {link: Jira_Key__c}\n"
    )
    do = f"[{{salesforce.update_record: {{fields: {fields}}}}}]"

    found = problems(rule(do=do), sources=source)

    said = "`Jira_Key__c` is kept by `write_back.link` of source `cases`"
    assert [said in one for one in found] == ([True] if kept else [])


@pytest.mark.parametrize(
    ("when", "condition", "said"),
    [
        ("feedback.updated", "changed.title", ["7:9: `changed.title` never comes"]),
        ("feedback.requested", "", ["6:11: `feedback.requested` never comes"]),
        ("feedback.updated", "changed.severity || changed.product", []),
        ("work_item.updated", "changed.title", []),
    ],
)
def test_a_rule_does_not_wait_for_a_change_that_no_source_keeps(
    when: str, condition: str, said: list[str]
) -> None:
    source = """
version: 1
sources:
  - {id: a, from: {connection: salesforce, object: Case}, as: feedback, fields: {title: S}, tracked: [severity]}
  - {id: b, from: {connection: salesforce, object: Idea}, as: feedback, fields: {title: S}, tracked: [product]}
"""
    found = problems(rule(when=when, condition=condition), sources=source)

    assert all(one in line for one, line in zip(said, found, strict=True))
