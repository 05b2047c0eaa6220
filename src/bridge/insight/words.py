"""The numbers in words: one row each, for a terminal. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bridge.canonical import duration

NOTHING = "–"


def rows(stats: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What `GET /api/v1/stats` answers, as rows of number, n, says, open and left out."""
    return [
        {
            "number": name,
            "n": number["n"],
            "says": says(name, number),
            "open": counts(number.get("open", {})),
            "left out": counts(number.get("excluded", {})),
        }
        for name, number in stats.items()
        if isinstance(number, Mapping) and "n" in number
    ]


def says(name: str, number: Mapping[str, Any]) -> str:
    match name:
        case "unmatched":
            return f"{number['unmatched']} without a rule"
        case "due_moves":
            return _moves(number)
        case "needs_person":
            return counts(number["by_kind"]) or "nobody"
        case _:
            marks = {key: number[key] for key in ("median", "p50", "p85", "p95") if key in number}
            return ", ".join(f"{key} {_length(mark)}" for key, mark in marks.items())


def counts(found: Mapping[str, int]) -> str:
    """`2 backfill, 1 dead`: what there is none of is not named."""
    return ", ".join(f"{count} {what}" for what, count in found.items() if count)


def _moves(number: Mapping[str, Any]) -> str:
    median, largest = number["median"], number["largest"]
    if not median:
        return NOTHING
    return (
        f"{number['later']} later, {number['earlier']} earlier,"
        f" median {median['days']:+g}d, largest {largest['days']:+g}d"
    )


def _length(mark: Mapping[str, Any] | None) -> str:
    if mark is None:
        return NOTHING
    seconds = mark["seconds"]
    if seconds < 60:
        return f"{seconds:.1f}s"
    return duration.text(timedelta(seconds=round(seconds)))
