"""One repair of a connection's webhooks at a time, over all nodes: of two, both would register."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from bridge.canonical.ids import random_id
from bridge.leadership import store
from bridge.pipeline.world import World

TERM = timedelta(minutes=10)  # then whoever began it is taken for dead; its calls are a few


@contextmanager
def alone(world: World, name: str) -> Iterator[bool]:
    """Whether these webhooks are ours to change until the end of this; false: somebody changes them."""
    with world.database.transaction() as session:
        held = store.campaign(
            session, f"webhooks:{name}", random_id("rep"), lease=TERM, now=world.clock.now()
        )
    try:
        yield held is not None
    finally:
        if held is not None:
            with world.database.transaction() as session:
                store.resign(session, held, now=world.clock.now())
