"""A bucket as JSON, and back. What cannot be read is as if nothing were known."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bridge.connectors.limits import Window
from bridge.outbox.budgets.bucket import Bucket, Told
from bridge.outbox.budgets.share import Held


def dump(bucket: Bucket) -> dict[str, Any]:
    """Everything but the settings' windows."""
    return {
        "counts": {
            str(seconds): {str(slot): count for slot, count in counts.items()}
            for seconds, counts in bucket.counts.items()
        },
        "shares": {
            str(seconds): {node: [held.want, held.shares] for node, held in shares.items()}
            for seconds, shares in bucket.shares.items()
        },
        "told": asdict(bucket.told) if bucket.told else None,
        "out": bucket.out,
        "closed": bucket.closed,
        "why": bucket.why,
        "probed": bucket.probed,
        "rate": bucket.rate,
        "rated_at": bucket.rated_at,
        "drain": bucket.drain,
        "mark": bucket.mark,
    }


def load(state: Mapping[str, Any], windows: tuple[Window, ...]) -> Bucket:
    """The bucket of that state, with the windows that are set now."""
    try:
        return _load(state, windows)
    except (AttributeError, KeyError, TypeError, ValueError):  # none yet, or another version's
        return Bucket(windows=windows)


def _load(state: Mapping[str, Any], windows: tuple[Window, ...]) -> Bucket:
    return Bucket(
        windows=windows,
        counts={
            float(seconds): {int(slot): count for slot, count in counts.items()}
            for seconds, counts in state["counts"].items()
        },
        shares={
            float(seconds): {
                node: Held(want=want, shares=[(most, until) for most, until in had])
                for node, (want, had) in shares.items()
            }
            for seconds, shares in state["shares"].items()
        },
        told=Told(**state["told"]) if state["told"] else None,
        out={node: (began, until, n) for node, (began, until, n) in state["out"].items()},
        closed=state["closed"],
        why=state["why"],
        probed=state["probed"],
        rate=state["rate"],
        rated_at=state["rated_at"],
        drain=state["drain"],
        mark=tuple(state["mark"]) if state["mark"] else None,
    )
