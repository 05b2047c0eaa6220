"""Bridge as `serve` puts it together, at a vendor's pace that is a simulator's: a script, until it is killed."""

import os

import uvicorn

from bridge.app import build
from bridge.settings import load
from bridge.web import api

SCALE = 0.01  # of every wait: a lost answer of a create is looked for after a second


def main() -> None:
    """Serve until killed."""
    bridge = build(load(os.environ), scale=SCALE)
    uvicorn.run(
        api(bridge),
        host=bridge.loaded.settings.host,
        port=bridge.loaded.settings.port,
        access_log=False,
        log_level="critical",
    )


if __name__ == "__main__":
    main()
