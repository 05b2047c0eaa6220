"""Other caps in the text of a mapping file, and nothing else."""

import pytest

from bridge.errors import RuleError
from bridge.rules.caps_line import has_rule, with_caps

SAID = "{writes_per_hour: 500}"
HEAD = """\
version: 1
rules:
  - id: first   # the first
    description: It is.
    when: feedback.created
"""
DO = """\
    do:
      - jira.create_issue: {project: ENG}
    # what it is tested with
    tests: []

"""
NEXT = """\
  - id: second
    description: It is not.
    do: []
"""


@pytest.mark.parametrize(
    ("caps", "found"),
    [
        ("", f"    caps: {SAID}\n"),
        ("    caps: {per_record: 5}\n", f"    caps: {SAID}\n"),
        ("    caps: {per_record: 5}  # few\n", f"    caps: {SAID}\n"),
        ("    caps:\n      per_record: 5\n      # all\n      overwrites: 0.5\n", f"    caps: {SAID}\n"),
        ("    caps: {per_record: 5,\n           overwrites: 0.5}\n\n", f"    caps: {SAID}\n\n"),
        ("    caps: {per_record: 5}\n    # what it does\n", f"    caps: {SAID}\n    # what it does\n"),
    ],
)  # fmt: skip
def test_caps_are_put_before_the_steps_or_in_place_of_those_there(caps: str, found: str) -> None:
    made = with_caps("r.yaml", HEAD + caps + DO + NEXT, "first", SAID)

    assert made == HEAD + found + DO + NEXT


def test_caps_at_the_end_of_the_last_rule_are_replaced() -> None:
    text = HEAD + DO.rstrip("\n") + "\n    caps: {per_record: 5}\n"

    assert with_caps("r.yaml", text, "first", SAID) == text.replace("{per_record: 5}", SAID)


def test_a_rule_on_one_line_is_left_to_a_person() -> None:
    with pytest.raises(RuleError, match=r"r.yaml:3: .* by hand"):
        with_caps("r.yaml", "version: 1\nrules:\n  - {id: first, do: []}\n", "first", SAID)


def test_a_file_without_the_rule_says_so() -> None:
    assert not has_rule("r.yaml", HEAD + DO, "second")
    with pytest.raises(RuleError, match="no rule second"):
        with_caps("r.yaml", HEAD + DO, "second", SAID)
