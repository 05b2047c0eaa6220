"""How a try ended, in the words of the outbox."""

from datetime import timedelta
from typing import Any

from bridge.connectors.action import Outcome, Receipt
from bridge.outbox.claims import Claimed, End
from bridge.outbox.retry import Verdict
from bridge.outbox.tables import DeliveryRow, State

_STATES = {
    Outcome.DONE: State.SUCCEEDED,
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.UNCHANGED: State.UNCHANGED,
}


def not_called(
    delivery: DeliveryRow, outcome: str, reason: str, *, wait: timedelta = timedelta(0)
) -> End:
    """Back to where it was: nothing was asked of the vendor, and nothing is known that was not."""
    return End(
        state=State.PENDING,
        outcome=outcome,
        called=False,
        spends_try=False,
        find_first=delivery.find_first,
        misses=delivery.misses,
        uncertain=delivery.uncertain,
        reason=reason,
        wait=wait,
    )


def shown(claimed: Claimed) -> End | None:
    """It may have happened, and its own echo, heard while a worker had it in hand, says that it did."""
    found, doubtful = claimed.delivery.result, claimed.rescued or claimed.delivery.find_first
    if not doubtful or not found or not found.get("ref"):
        return None
    return End(
        state=State.SUCCEEDED,
        outcome="echo",
        called=False,
        spends_try=False,
        result=found,
        reason=found["note"],
    )


def success(receipt: Receipt, *, found_again: bool = False) -> End:
    result: dict[str, Any] = {
        "ref": str(receipt.ref) if receipt.ref else "",
        "key": receipt.key,
        "url": receipt.url,
        "note": receipt.note,
        "wrote": dict(receipt.wrote),
    }
    if receipt.strangers:
        result["strangers"] = list(receipt.strangers)
    outcome = "found" if found_again else receipt.outcome.value
    return End(state=_STATES[receipt.outcome], outcome=outcome, result=result, reason=receipt.note)


def of_verdict(found: Verdict, *, outcome: str) -> End:
    return End(
        state=found.state,
        outcome=outcome,
        reason=found.reason,
        kind=found.kind,
        code=found.code,
        wait=found.wait,
        find_first=found.find_first,
        misses=found.misses,
        uncertain=found.uncertain,
        spends_try=found.spends_try,
        away=found.away,
        pause=found.pause,
        part=found.part,
    )
