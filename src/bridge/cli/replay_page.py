"""A replay as people read it: what it would do, how far it is, and what came otherwise."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from bridge.canonical.text import cut
from bridge.cli.show import block, count

AGAIN = "again"
PAUSED = "paused"
STOPPED = frozenset({PAUSED, "cancelled"})
LEFT_OUT = {
    "under_way": "{} are under way: they are left out",
    "held": "{} are held: they are left out; decide their hold (bridge holds)",
}
WARNINGS = {
    "newer_state": "{} have newer state at the target: {}",
    "stale_cards": "{} are cards about old news: those of one channel go out in one message, a section each",
    "already_succeeded": "{} have succeeded already: they are sent again",
    "duplicates": "{} may be there already and cannot be looked for: expect them twice",
}
REDECIDED = {
    "newer_state": "{} have newer state at the target: they are left out, unless --force",
    "already_succeeded": "{} have succeeded already: they are not repeated",
    "edited": "{} were edited by hand: what rules say now takes the place of that",
}
# What becomes of an item, in words.
WILL = {
    "send": "owed again",
    "wait": "owed again, waiting for a record",
    "repeat": "sent once more",
    "newer": "replaced by the newer one",
    "give_way": "left out for newer state",
    "already": "sent in the place of another",
    "dead": "dead at once",
    "under_way": "left alone: owed by now",
    "well": "left alone: went well since",
    "gone": "not kept any more",
    "broken": "not done, by a fault of Bridge",
    "decide": "decided into something new",
    "nothing": "decided into nothing new",
    "no_facts": "not decided: their facts are not kept any more",
    "no_rules": "not decided: their rules cannot be loaded any more",
    "undecided": "not decided: no rules of then",
}

_NONE = {"deliveries": 0, "calls": 0}


def plan(made: Mapping[str, Any]) -> None:
    """The plan, whatever became of it since."""
    counts = made["counts"]
    if not made["total"] and made["state"] != "planning":
        typer.echo("nothing to replay: no delivery fits")
        for line in _left_out(counts):
            typer.echo(line)
        return
    block(
        f"{made['id']}: {made['total']} to replay, mode {made['mode']}",
        *(_several(name, counts.get(f"by_{name}", {})) for name in ("connection", "rule", "state")),
        _words("would be", counts.get("will", {})),
        *_calls(counts),
        *_warnings(made),
        *_left_out(counts),
        *_pace(counts),
        f"{made['state']}: {made['done']} of {made['total']} done",
    )


def progress(found: Mapping[str, Any]) -> None:
    """How far it is, and what was otherwise than planned."""
    eta = found.get("eta_seconds")
    block(
        f"{found['id']}: {found['state']}, {found['done']} of {found['total']} done",
        f"by {found['run_by'] or found['principal']}"
        + (f": {found['why']}" if found["why"] else ""),
        f"about {duration(eta)} left" if eta is not None else "",
        f"waits: {found['waits']}" if found["waits"] else "",
        _several("what was owed", found.get("outcomes", {}), front=""),
        *moved(found),
        *rest(found),
    )


def rest(found: Mapping[str, Any]) -> Iterator[str]:
    """Why nothing more of it goes, if it ended before its time: whoever waits has not done so."""
    left = found["total"] - found["done"]
    if found["state"] not in STOPPED or not left:
        return
    yield f"{found['state']} by somebody, and {left} are left; by whom: bridge audit --target {found['id']}"
    if found["state"] == PAUSED:
        yield f"bridge replays resume {found['id']}"


def moved(found: Mapping[str, Any]) -> Iterator[str]:
    """What came otherwise than planned, since the world had moved."""
    for name, number in found["moved"].items():
        planned, _, came = name.partition(": ")
        came, planned = WILL.get(came, came), WILL.get(planned, planned)
        same = "owes something else" if came == planned else f"{came}, planned was: {planned}"
        yield f"{number} came otherwise: {same}"
    if found["moved"]:
        yield f"bridge replays items {found['id']} --moved"


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3.5 h`."""
    for size, unit in ((7_200, "h"), (120, "min")):
        if seconds >= size:
            whole = seconds / {"h": 3_600, "min": 60}[unit]
            return f"{whole:.1f} h" if unit == "h" else f"{whole:.0f} min"
    return f"{seconds:.0f} s"


def _several(name: str, counted: Mapping[str, int], *, front: str = "by ") -> str:
    if not counted:
        return ""
    return f"{front}{name}: " + ", ".join(f"{key} {number}" for key, number in counted.items())


def _words(front: str, counted: Mapping[str, int]) -> str:
    if not counted:
        return ""
    return f"{front}: " + ", ".join(f"{number} {WILL[key]}" for key, number in counted.items())


def _calls(counts: Mapping[str, Any]) -> Iterator[str]:
    """Calls at most, against what is left of each quota."""
    quotas = counts.get("quotas", [])
    sends, follows = counts.get("sends", {}), counts.get("follows", {})
    for name in dict.fromkeys((*sends, *follows)):
        sent, after = sends.get(name, _NONE), follows.get(name, _NONE)
        shares = [_share(one) for one in quotas if one["connection"] == name]
        back = f"{after['deliveries']} written back" if after["deliveries"] else ""
        calls = f"{count(sent['calls'] + after['calls'], 'call')} at most"
        told = [f"{sent['deliveries']} sent", back, calls, *shares]
        yield f"{name}: " + ", ".join(filter(None, told))


def _share(one: Mapping[str, Any]) -> str:
    of = f" ({one['part']})" if one.get("part") else ""
    if one["share_of_left"] is None:
        return f"and nothing is left of the {one['most']} of `{one['limit']}`{of}"
    return f"{one['share_of_left']:.1%} of the {one['left']} left of `{one['limit']}`{of}"


def _warnings(made: Mapping[str, Any]) -> Iterator[str]:
    counts, again = made["counts"], made["mode"] == AGAIN
    for name, text in (WARNINGS if again else WARNINGS | REDECIDED).items():
        if counts.get(name):
            yield text.format(counts[name], _newer(made["options"]))
    if counts.get("more"):
        yield f"more than these {made['total']} fit: --most takes more at once"


def _newer(options: Mapping[str, Any]) -> str:
    if options.get("newer") == "send":
        return "the newer one is sent instead"
    return "they are left out, unless --newer send or --force"


def _left_out(counts: Mapping[str, Any]) -> Iterator[str]:
    for name, text in LEFT_OUT.items():
        if counts.get(name):
            yield text.format(counts[name])


def _pace(counts: Mapping[str, Any]) -> Iterator[str]:
    paced, items = counts.get("per_minute"), sum(counts.get("will", {}).values())
    if paced:
        yield f"{paced} a minute: {duration(items * 60 / paced)}"
    if counts.get("least_seconds"):
        yield f"the vendors' limits alone make it last {duration(counts['least_seconds'])}"


def item(one: Mapping[str, Any]) -> None:
    """One delivery or event of a replay."""
    did = f", came: {WILL.get(one['did'], one['did'])}" if one["did"] else ""
    steps = ", ".join(
        f"{line['rule']}/{line['step']} {line['comes']}" for line in one["owed"] or ()
    )
    block(f"{one['what']}", f"planned: {WILL.get(one['will'], one['will'] or 'unknown')}{did}",
          cut(one["note"], 400), steps)  # fmt: skip
