"""What a gust does to the town: each is a beginning and, after a while, an end."""

import signal
import threading
from collections.abc import Callable

from chaos.script import Blow, Gust
from chaos.town import VENDORS, Town

Deed = Callable[[], None]
LATE = 400.0  # the vendor's seconds until a hanging call is given up; ours are over long before
MAIL = {"duplicate": 0.1, "reorder": 0.1, "drop": 0.05, "unanswered": 0.05}
AMBIGUOUS = {"cut_after": 0.2, "server_error_after": 0.15, "cut_before": 0.1}
AMBIGUOUS |= {"server_error_before": 0.1}
DATABASE = {Blow.FAST: signal.SIGINT, Blow.IMMEDIATE: signal.SIGQUIT, Blow.CRASH: signal.SIGKILL}


def deeds(town: Town, gusts: list[Gust]) -> list[tuple[float, str, Deed]]:
    """When, what, and how to do it, in order of time."""
    made: list[tuple[float, str, Deed]] = []
    for gust in gusts:
        begin, end = _ways(town, gust)
        made.append((gust.at, str(gust), begin))
        made.append((gust.at + gust.lasts, "", end))
    return sorted(made, key=lambda one: one[0])


def begin(town: Town) -> None:
    """Webhooks are never calm: they come twice, late, in another order, or not at once."""
    for vendor in ("jira", "salesforce"):
        town.faults[vendor].configure(**MAIL)


def calm(town: Town) -> None:
    """The weather is over: everything runs, is right, and answers."""
    for vendor in VENDORS:
        town.faults[vendor].calm()
        town.admit(vendor)
    for thread in town.stopping:
        thread.join()
    for node in town.fleet.nodes.values():
        node.set_clock(0.0)
        _thaw(town, node.name)
        node.start()


def _ways(town: Town, gust: Gust) -> tuple[Deed, Deed]:
    match gust.blow:
        case Blow.KILL | Blow.STILLBORN | Blow.FREEZE | Blow.STOP | Blow.CLOCK:
            return _of_node(town, gust)
        case Blow.FAST | Blow.IMMEDIATE | Blow.CRASH:
            return lambda: _restart(town, gust.blow), _nothing
        case Blow.REFUSED:
            return lambda: town.refuse(gust.whom), lambda: town.admit(gust.whom)
        case _:
            return _of_vendor(town, gust)


def _of_node(town: Town, gust: Gust) -> tuple[Deed, Deed]:
    node = town.fleet.nodes[gust.whom]

    def restart() -> None:
        node.kill()
        node.start()

    match gust.blow:
        case Blow.STILLBORN:
            return restart, restart
        case Blow.FREEZE:
            return node.freeze, lambda: _thaw(town, node.name)
        case Blow.STOP:
            return lambda: _stop(town, node.name), _nothing
        case Blow.CLOCK:
            return lambda: node.set_clock(gust.by), lambda: node.set_clock(0.0)
        case _:
            return node.kill, node.start


def _of_vendor(town: Town, gust: Gust) -> tuple[Deed, Deed]:
    faults = town.faults[gust.whom]

    def over() -> None:
        faults.configure(outage=False, latency=0.0, **dict.fromkeys(AMBIGUOUS, 0.0))
        faults.configure(rate_limited=0.0)

    match gust.blow:
        case Blow.OUTAGE:
            return lambda: faults.configure(outage=True), over
        case Blow.HANG:
            hang = {"outage": True, "latency": 1.0, "latency_seconds": LATE + 100.0}
            return lambda: faults.configure(**hang), over
        case Blow.AMBIGUOUS:
            return lambda: faults.configure(**AMBIGUOUS), over
        case _:
            return lambda: faults.configure(rate_limited=0.5), over


def _thaw(town: Town, name: str) -> None:
    slept = town.fleet.nodes[name].thaw()
    if slept is not None:
        town.frozen.append(slept)


def _stop(town: Town, name: str) -> None:
    """It takes its time to end, and the weather goes on meanwhile."""

    def stop() -> None:
        node = town.fleet.nodes[name]
        complaint = node.stop()
        if complaint:
            town.complaints.append(complaint)
            node.kill()
        node.start()

    thread = threading.Thread(target=stop, name=f"stop-{name}")
    town.stopping.append(thread)
    thread.start()


def _restart(town: Town, blow: Blow) -> None:
    if town.server is not None:
        town.server.restart(DATABASE[blow])


def _nothing() -> None:
    """It was over when it began."""
