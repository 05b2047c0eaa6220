"""The command line: serve, look, and act. `bridge --help` shows examples."""

from bridge.cli.main import main

__all__ = ["main"]
