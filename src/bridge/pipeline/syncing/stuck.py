"""Fields of a record that have no form at the other end: left alone there, and told to people."""

from bridge.pipeline.syncing.tie import ties
from bridge.pipeline.work import Work
from bridge.rules.agree import Verdict
from bridge.rules.ruleset import RuleSet


def stuck(work: Work, rules: RuleSet, ref: str) -> str | None:
    """The first of them in words, without a value."""
    for tie in ties(work, rules, ref):
        for one in tie.judge():
            if one.verdict is Verdict.STUCK:
                where = tie.link.key or tie.link.right_ref
                return f"{one.pair.name} with {where}: {tie.words(one.judgement.reason)}"
    return None
