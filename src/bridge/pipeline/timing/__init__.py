"""Time at work: what is planned with each fact, made an event when it is due, and looked through anew."""

from bridge.pipeline.timing.firing import fire
from bridge.pipeline.timing.replanning import replan
from bridge.pipeline.world import World

MOST_SECONDS = 5.0  # the leader's clock does nothing else meanwhile


def keep(world: World) -> int:
    """Look through what is new, and make events of what is due; how much there was."""
    until, done = world.clock.monotonic() + MOST_SECONDS, 0
    for step in (replan, fire):
        while (found := step(world)) and world.clock.monotonic() < until:
            done += found
        done += found
    return done
