"""How commands behave together: a noun alone lists, and an error is one line and an exit code."""

from typing import Any

import typer
from sqlalchemy.exc import OperationalError
from typer.core import TyperGroup
from typing_extensions import override

from bridge.cli.client import Unreached
from bridge.errors import BridgeError

FAULT, REFUSED, UNREACHED = 1, 2, 3


class Noun(TyperGroup):
    """`bridge holds --rule x` is `bridge holds list --rule x`."""

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] != "--help"):
            args = ["list", *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


class Commands(TyperGroup):
    """What was raised on purpose is said in one line, without a traceback."""

    @override
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Unreached as error:
            _leave(str(error), UNREACHED)
        except BridgeError as error:
            _leave(str(error), REFUSED)
        except OperationalError as error:
            _leave(f"the database does not answer: {_first_line(error)}", UNREACHED)


def noun(about: str) -> typer.Typer:
    """A group of commands about one thing; alone it lists."""
    return typer.Typer(cls=Noun, help=about)


def _leave(text: str, code: int) -> None:
    typer.echo(f"bridge: {text}", err=True)
    raise typer.Exit(code)


def _first_line(error: OperationalError) -> str:
    """The driver's words: where it tried and why not. They hold no password."""
    return str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no reason given"
