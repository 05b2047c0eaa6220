"""Every command says what it does, shows an example, and names each of its options."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from bridge.cli.main import app


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL = dict(commands(typer.main.get_command(app)))
LOOKS = {"list", "show", "failures", "status", "explain", "records", "doctor", "history", "diff"}


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_a_command_shows_an_example_of_itself(path: tuple[str, ...]) -> None:
    text = " ".join((ALL[path].help or "").split())

    called = " ".join(path).removesuffix(" list")
    _, example, shown = text.partition("Example")
    assert example
    assert f"bridge {called}" in shown


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_an_option_says_what_it_is(path: tuple[str, ...]) -> None:
    silent = [
        one.name for one in ALL[path].params if one.param_type_name == "option" and not one.help
    ]

    assert silent == []


@pytest.mark.parametrize("path", [path for path in ALL if path[-1] in LOOKS], ids=" ".join)
def test_what_shows_has_json_beside_it(path: tuple[str, ...]) -> None:
    assert "--json" in {name for one in ALL[path].params for name in one.opts}
