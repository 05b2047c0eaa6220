"""What follows from the end of a try: again, when, or never. Pure."""

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from bridge.connectors.action import Repeat
from bridge.connectors.files import NoFile
from bridge.errors import (
    AmbiguousOutcome,
    CredentialError,
    DeliveryError,
    PermanentError,
    TransientError,
    Unconfigured,
)
from bridge.outbox.tables import State

MAX_RETRY_AFTER = 86_400.0  # seconds: a vendor that asks for more is asked again after a day
_MOST_JITTER = 1.3
LOOKS_FOR_FILE = 5  # tries, half a minute: that a file was deleted is told a moment later
FINDS_BEFORE_REPEAT = 2  # negative finds, a settle time apart, before a write is repeated


@dataclass(frozen=True, kw_only=True)
class Policy:
    """`scale` shrinks every wait, so that a demo shows in seconds what takes minutes."""

    base: float = 2.0
    ceiling: float = 1_800.0
    tries: int = 20
    claims: int = 5
    scale: float = 1.0

    def seconds(self, wait: float) -> timedelta:
        return timedelta(seconds=wait * self.scale)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What is known of a delivery when a try of it has ended. `tries` counts this one, unless it was
    a `probe` of what is down: then a failure says nothing about the delivery, and spends no try.

    `find_first` and `misses` are as they were before the try; `called` says whether it asked the
    vendor anything.
    """

    repeat: Repeat
    settle: float
    tries: int
    find_first: bool = False
    misses: int = 0
    called: bool = True
    probe: bool = False
    ambiguous: str = "skip"
    uncertain: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The delivery's next state. `wait` is how long it stays put, `away` how long the vendor said.

    `pause` stops its connection, or only `part` of it.
    """

    state: State
    reason: str
    kind: str
    code: str = ""
    wait: timedelta = timedelta(0)
    find_first: bool = False
    misses: int = 0
    uncertain: bool = False
    spends_try: bool = True
    away: timedelta = timedelta(0)
    pause: bool = False
    part: str = ""


def backoff(policy: Policy, tries: int, random: Random) -> timedelta:
    """Doubling, with jitter of a third either way that never reaches over the ceiling."""
    wait = min(policy.ceiling / _MOST_JITTER, policy.base * 2.0 ** min(tries - 1, 30))
    return policy.seconds(wait * random.uniform(2.0 - _MOST_JITTER, _MOST_JITTER))


def verdict(error: Exception, tried: Tried, policy: Policy, random: Random) -> Verdict:
    """The verdict on a try that ended in an error.

    What had to be looked for before this try has to be looked for before the next one too: an
    error that surely changed nothing says nothing about the try before it.
    """
    found = _verdict(error, tried, policy, random)
    found = replace(found, spends_try=found.spends_try and not tried.probe)
    if found.find_first or not tried.find_first:
        return found
    return replace(found, find_first=True, misses=tried.misses)


def _verdict(error: Exception, tried: Tried, policy: Policy, random: Random) -> Verdict:
    ours = isinstance(error, DeliveryError | Unconfigured)
    text = str(error) if ours else f"bug: {type(error).__name__}"
    code = error.code if isinstance(error, DeliveryError) else type(error).__name__
    match error:
        case CredentialError() | Unconfigured():
            return Verdict(
                state=State.PENDING,
                reason=text,
                kind="credentials",
                code=code,
                spends_try=False,
                pause=True,
                part=error.part if isinstance(error, CredentialError) else "",
                uncertain=tried.uncertain,
            )
        case TransientError(retry_after=float() | int() as seconds):
            away = policy.seconds(min(max(seconds, 0.0), MAX_RETRY_AFTER))
            return Verdict(
                state=State.PENDING,
                reason=text,
                kind="transient",
                code=code,
                spends_try=False,
                wait=away + policy.seconds(random.uniform(0, 1)),
                away=away,
                uncertain=tried.uncertain,
            )
        case PermanentError() if not _looks_again(error, tried):
            return Verdict(
                state=State.DEAD,
                reason=text,
                kind="permanent",
                code=code,
                uncertain=tried.uncertain,
            )
        case TransientError() | PermanentError():
            return _again(tried, policy, random, text=text, code=code, kind="transient")
        case _:
            kind = "ambiguous" if isinstance(error, AmbiguousOutcome) else "bug"
            # A fault of ours after a call may be after the effect. Before any, nothing happened.
            lost = kind == "ambiguous" or tried.called
            follows = _lost_answer if lost else _again
            return follows(tried, policy, random, text=text, code=code, kind=kind)


def _looks_again(error: Exception, tried: Tried) -> bool:
    """Whether what it was to bring may be known to be gone in a moment."""
    return isinstance(error, NoFile) and tried.tries < LOOKS_FOR_FILE


def not_found(tried: Tried, policy: Policy) -> Verdict | None:
    """After a negative find: wait and find once more, or `None`: the write may be repeated."""
    misses = tried.misses + 1
    if misses >= FINDS_BEFORE_REPEAT:
        return None
    return Verdict(
        state=State.PENDING,
        reason="not found yet; looking once more before it is repeated",
        kind="ambiguous",
        wait=policy.seconds(tried.settle),
        find_first=True,
        misses=misses,
        spends_try=False,
    )


def _lost_answer(
    tried: Tried, policy: Policy, random: Random, *, text: str, code: str, kind: str
) -> Verdict:
    """An answer was lost. What can be repeated is; what can be found is looked for; a card may be lost."""
    if tried.repeat is Repeat.SAFE:
        return _again(tried, policy, random, text=text, code=code, kind=kind)
    if tried.repeat is Repeat.FINDABLE:
        if tried.tries >= policy.tries:
            return Verdict(
                state=State.DEAD,
                reason=f"{text}; it may have happened",
                kind=kind,
                code=code,
                uncertain=True,
                find_first=True,
            )
        return Verdict(
            state=State.PENDING,
            reason=f"{text}; looking for it before it is repeated",
            kind=kind,
            code=code,
            wait=max(policy.seconds(tried.settle), backoff(policy, tried.tries, random)),
            find_first=True,
        )
    if tried.ambiguous == "repeat":
        return _again(tried, policy, random, text=text, code=code, kind=kind, uncertain=True)
    return Verdict(
        state=State.ACCEPTED,
        reason=f"{text}; it may have been posted, and is not repeated",
        kind=kind,
        code=code,
        uncertain=True,
    )


def _again(
    tried: Tried,
    policy: Policy,
    random: Random,
    *,
    text: str,
    code: str,
    kind: str,
    uncertain: bool = False,
) -> Verdict:
    uncertain = uncertain or tried.uncertain
    if tried.tries >= policy.tries:
        reason = f"{text}; given up after {tried.tries} tries"
        return Verdict(state=State.DEAD, reason=reason, kind=kind, code=code, uncertain=uncertain)
    return Verdict(
        state=State.PENDING,
        reason=text,
        kind=kind,
        code=code,
        uncertain=uncertain,
        wait=backoff(policy, tried.tries, random),
    )
