"""Bad weather for the demo: a tenth of all traffic is delayed, doubled, refused or cut."""

from bridge.demo.stage import Stage

RATE = 0.1
_EACH = RATE / 5  # five ways for a request to go wrong


def disturb(stage: Stage) -> None:
    """Every simulator answers 429 and 5xx, cuts connections before and after the effect, and is slow.

    Webhooks come twice, late and in another order. They are dropped only where the sender sees that
    and sends again.
    """
    for simulator in (stage.jira, stage.salesforce, stage.teams):
        simulator.faults.configure(
            rate_limited=_EACH,
            server_error_before=_EACH,
            server_error_after=_EACH,
            cut_before=_EACH,
            cut_after=_EACH,
            latency=RATE,
        )
    for sender in (stage.jira, stage.salesforce):
        sender.faults.configure(duplicate=RATE, reorder=RATE, drop=RATE / 2, unanswered=RATE / 2)
