"""Why a condition does not hold, in words, and the fewest changes under which it would."""

from typing import Any

import pytest

from rules.asked import account, asked, failed, fixes

DUE = "2026-11-20T00:00:00Z"
PROMISED = "2026-11-30T00:00:00Z"
SOLVED: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[str], list[str]]] = {
    "a word and a field that must be there": (
        'feedback.severity in ["critical", "high"] && has(feedback.product)',
        {"severity": "low"},
        {},
        [
            "severity is low; the rule needs critical or high",
            "product has no value; the rule needs one",
        ],
        ["severity is critical or high, and product has a value"],
    ),
    "what holds is not spoken of": (
        'feedback.severity == "critical" && has(feedback.product)',
        {"severity": "critical"},
        {},
        ["product has no value; the rule needs one"],
        ["product has a value"],
    ),
    "of two ways the one with fewer changes comes first": (
        'feedback.severity == "critical" && has(feedback.product) || feedback.requested == true',
        {"severity": "low"},
        {},
        [
            ("none of these holds: requested has no value; the rule needs yes; or: severity is low;"
            " the rule needs critical; and product has no value; the rule needs one")
        ],
        ["requested is yes", "severity is critical, and product has a value"],
    ),
    "bounds of a number": (
        "has(feedback.score) && feedback.score < 6.0 && feedback.score >= 3.0",
        {"score": 8.0},
        {},
        ["score is 8; the rule needs less than 6"],
        ["score is less than 6 and at least 3"],
    ),
    "a guard is not said beside what it guards": (
        "has(feedback.score) && feedback.score < 6.0",
        {},
        {},
        ["score has no value; the rule needs less than 6"],
        ["score is less than 6"],
    ),
    "nothing that should have changed did": (
        "changed.title || changed.body",
        {},
        {"when": "feedback.updated", "changed": ["severity"]},
        ["title or body did not change; the rule needs one of them to change"],
        ["title changes", "body changes"],
    ),
    "two dates": (
        "has(work_item.due) && has(work_item.promised) && work_item.due > work_item.promised",
        {"due": DUE, "promised": PROMISED},
        {"when": "work_item.updated"},
        ["due is 2026-11-20; the rule needs after promised (2026-11-30)"],
        ["due is after promised (2026-11-30)", "promised is before due (2026-11-20)"],
    ),
    "two dates that are both missing": (
        "has(work_item.due) && has(work_item.promised) && work_item.due > work_item.promised",
        {},
        {"when": "work_item.updated"},
        ["due has no value; the rule needs after promised"],
        ["due is after promised, and promised has a value"],
    ),
    "a change and a value of the same field are one": (
        'changed.severity && feedback.severity == "high"',
        {"severity": "low"},
        {"when": "feedback.updated"},
        ["severity did not change; the rule needs it to change", "severity is low; the rule needs high"],
        ["severity is high"],
    ),
    "now is not changed": (
        "has(feedback.promised) && feedback.promised < now",
        {"promised": "2026-12-20T10:00:00Z"},
        {},
        [
            ("promised is 2026-12-20 10:00 UTC; the rule needs before the time it was decided"
            " (2026-11-23 12:00 UTC)")
        ],
        ["promised is before the time it was decided (2026-11-23 12:00 UTC)"],
    ),
    "a time that stands in the rule": (
        'has(feedback.promised) && feedback.promised < timestamp("2026-01-01T00:00:00Z")',
        {"promised": "2026-12-20T10:00:00Z"},
        {},
        ["promised is 2026-12-20 10:00 UTC; the rule needs before 2026-01-01"],
        ["promised is before 2026-01-01"],
    ),
    "not, of several": (
        '!(has(feedback.product) && feedback.product == "Router")',
        {"product": "Router"},
        {},
        ["product is Router; the rule needs it empty or anything but Router"],
        ["product is empty"],
    ),
    "a word in a list": (
        '"vip" in work_item.labels',
        {"labels": ["a", "b"]},
        {"when": "work_item.created"},
        ["labels is a, b; the rule needs vip in it"],
        ["vip is in labels"],
    ),
    "another word, of the words there are": (
        'has(feedback.severity) && feedback.severity != "low"',
        {"severity": "low"},
        {},
        ["severity is low; the rule needs anything but low"],
        ["severity is critical, high or medium"],
    ),
    "the value before": (
        "has(feedback.product) && has(before.product) && feedback.product != before.product",
        {"product": "Router"},
        {"when": "feedback.updated", "before": {"product": "Router"}},
        ["product is Router; the rule needs anything but the same as product before (Router)"],
        [
            "product is anything but the same as product before (Router)",
            "product before is anything but the same as product (Router)",
        ],
    ),
    "personal data and free text are not shown": (
        'feedback.title == "urgent"',
        {"title": "Words of a customer"},
        {},
        ["title is (not shown); the rule needs urgent"],
        ["title is urgent"],
    ),
    "a part of a part": (
        'feedback.customer.name == "Acme"',
        {"customer": {"name": "Other"}},
        {},
        ["customer name is Other; the rule needs Acme"],
        ["customer name is Acme"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SOLVED)
def test_a_condition_of_comparisons_says_what_failed_and_what_would_do(name: str) -> None:
    condition, record, given, wanted, changes = SOLVED[name]

    why = asked(condition, record, **given)

    assert failed(why) == wanted
    assert fixes(why) == changes
    assert why.unsolved == ""


OTHER_FORMS = {
    'has(feedback.title) && feedback.title.startsWith("R")': 'feedback.title.startsWith("R")',
    "has(feedback.score) && feedback.score * 2.0 > 20.0": "feedback.score * 2.0 > 20.0",
    '["high"].exists(x, x == feedback.severity)': '["high"].exists(x, x == feedback.severity)',
    'has(feedback.product) ? feedback.product == "x" : false': (
        'has(feedback.product) ? feedback.product == "x" : false'
    ),
}


@pytest.mark.parametrize("condition", OTHER_FORMS)
def test_a_term_of_another_form_is_shown_and_said_to_be_unsolved(condition: str) -> None:
    record = {"title": "Slow", "score": 3.0, "severity": "low", "product": "y"}

    why = asked(condition, record)

    assert OTHER_FORMS[condition] in [one.term for one in why.failed]
    assert why.fixes == ()
    assert why.unsolved == (
        f"what would have to change cannot be told: {OTHER_FORMS[condition]} is more than a comparison"
    )


def test_a_term_of_another_form_that_holds_is_no_hindrance() -> None:
    condition = (
        'has(feedback.title) && feedback.title.startsWith("S") && feedback.severity == "high"'
    )

    why = asked(condition, {"title": "Slow", "severity": "low"})

    assert failed(why) == ["severity is low; the rule needs high"]
    assert fixes(why) == ["severity is high"]


def test_a_proposal_that_another_form_forbids_is_not_made() -> None:
    condition = (
        'has(feedback.score) && feedback.score * 2.0 < 10.0 && feedback.score > 8.0'
        ' || feedback.severity == "high"'
    )  # fmt: skip

    why = asked(condition, {"score": 3.0, "severity": "low"})

    assert fixes(why) == ["severity is high"]


def test_a_condition_that_nothing_fulfils_says_so() -> None:
    why = asked('feedback.severity == "low" && feedback.severity == "high"', {"severity": "low"})

    assert failed(why) == ["severity is low; the rule needs high"]
    assert fixes(why) == []
    assert why.unsolved == "no change of its fields was found under which it would hold"


def test_each_value_of_a_proposal_is_one_that_would_do() -> None:
    condition = 'feedback.severity in ["critical", "high"] && feedback.severity != "high"'

    (fix,) = asked(condition, {"severity": "low"}).fixes

    (change,) = fix.changes
    assert (change.field, change.now, change.options) == ("feedback.severity", "low", ("critical",))


def test_a_value_that_another_form_forbids_is_not_offered() -> None:
    condition = (
        'has(feedback.severity) && feedback.severity + "" != "high"'
        ' && feedback.severity in ["critical", "high"]'
    )

    (fix,) = asked(condition, {"severity": "low"}).fixes

    assert fix.words == "severity is critical"
    assert fix.changes[0].options == ("critical",)


def test_fewest_changes_come_first_even_where_more_terms_fail() -> None:
    condition = (
        "(feedback.product == 'a' && has(feedback.product) && has(before.product)"
        " && feedback.product == before.product) || (has(feedback.score) && feedback.score > 1.0)"
    )
    record = {"product": "b"}

    why = asked(condition, record, when="feedback.updated", before=record)

    assert fixes(why) == [
        "score is more than 1",
        "product is a, and product before is the same as product",
    ]


def test_what_would_be_written_then_is_told_with_values_but_for_somebodys_words() -> None:
    found = account(
        'feedback.severity == "high"',
        {"severity": "low", "title": "Words", "product": "Router"},
        do='[{teams.post_card: {channel: a, title: "${feedback.product}: ${feedback.title}",'
        ' facts: {Severity: "${feedback.severity}"}}}]',
    )

    (write,) = found.would
    assert write.values == {
        "channel": "a",
        "title": "Router: (not shown)",
        "facts": {"Severity": "high"},
    }


def test_everything_is_shown_to_whom_it_is_revealed() -> None:
    found = account(
        'feedback.title == "x"',
        {"title": "Words"},
        do='[{teams.post_card: {channel: a, title: "${feedback.title}"}}]',
        revealed=True,
    )

    assert found.why is not None
    assert failed(found.why) == ["title is Words; the rule needs x"]
    assert found.would[0].values["title"] == "x"


def test_a_step_with_a_condition_of_its_own_says_why_it_is_left_out() -> None:
    found = account(
        "",
        {"severity": "low"},
        do="[{teams.post_card: {channel: a, title: b}},"
        " {id: two, if: 'feedback.severity == \"high\"', teams.post_card: {channel: a, title: b}}]",
    )

    first, second = found.writes
    assert first.why is None
    assert second.why is not None
    assert failed(second.why) == ["severity is low; the rule needs high"]


def test_values_that_could_not_be_made_then_say_why_and_quote_nobodys_words() -> None:
    found = account(
        'feedback.severity == "high" && has(feedback.title)',
        {"severity": "low", "title": "Words"},
        do="[{teams.post_card: {channel: a, title: '${maps.priority[feedback.title]}'}}]",
    )

    assert found.would == ()
    assert found.would_fail == 'Key not found in map : "…"'
