"""What a person can do about a failure."""

import shlex

import pytest

from bridge.outbox.cause import command, remedy


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("permanent", "404", "is not there"),
        ("permanent", "UNHEARD_OF", "mend the cause"),
        ("ambiguous", "", "look at the target"),
        ("transient", "503", "when it is back"),
        ("bug", "KeyError", "report it with its id"),
        ("odd", "", "read the attempts"),
    ],
)
def test_every_failure_has_a_remedy_the_code_before_the_kind(
    kind: str, code: str, words: str
) -> None:
    assert words in remedy(kind, code)


@pytest.mark.parametrize("code", ["400", "it's", "$(reboot)", "`x`", "a b"])
def test_a_vendors_code_cannot_run_in_the_shell_of_who_pastes_the_command(code: str) -> None:
    group = f"shop|rule|shop.update|permanent|{code}"

    assert shlex.split(command(group)) == ["bridge", "replay", "--group", group]
