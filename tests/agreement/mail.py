"""Webhooks under way, by the fake clock: each vendor's sender, whose every letter can be got at."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from typing_extensions import override

from bridge.connectors.simulation.sender import RetryPolicy, Verdict, Webhook, WebhookSender
from clocks import FakeClock

Door = Callable[[Webhook], httpx.Response | None]  # None: nobody answers there


@dataclass(kw_only=True)
class Letter:
    """One webhook on its way; it arrives when the clock says `at` (monotonic seconds)."""

    at: float
    number: int
    webhook: Webhook
    sender: "Sender"
    repeat: int = 0


@dataclass(kw_only=True)
class Mail:
    """All letters of all vendors."""

    clock: FakeClock
    door: Door
    letters: list[Letter] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # labels of those that never arrived
    swallowed: set[tuple[str, str]] = field(
        default_factory=set
    )  # the next to (door, label) is lost
    echoes: dict[str, tuple[str, float]] = field(default_factory=dict)  # by vendor: (fate, seconds)
    numbers: int = 0  # of all that were ever posted

    def missed(self, label: str) -> bool:
        """Whether any whose label begins so never arrived."""
        return any(one.startswith(label) for one in self.gone)

    def post(self, letter: Letter) -> None:
        door = (
            letter.webhook.url.partition("/webhooks/")[2].partition("?")[0],
            letter.webhook.label,
        )
        if door in self.swallowed:
            self.swallowed.discard(door)
            self.gone.append(letter.webhook.label)
            return
        self.numbers += 1
        letter.number = self.numbers
        self.letters.append(letter)

    def sorted(self) -> list[Letter]:
        return sorted(self.letters, key=lambda one: (one.at, one.number))

    def deliver(self) -> int:
        """What is due by now, in order; how many letters there were."""
        due = [one for one in self.sorted() if one.at <= self.clock.monotonic()]
        for letter in due:
            self.letters.remove(letter)
            letter.sender.attempt(letter, self.door)
        return len(due)

    def quiet_for(self) -> float | None:
        """Seconds until the next arrives; `None`: none is under way."""
        first = min((one.at for one in self.letters), default=None)
        return None if first is None else max(0.0, first - self.clock.monotonic())

    def lose(self, letter: Letter) -> None:
        """It never arrives, and its sender thinks it did."""
        self.letters.remove(letter)
        self.gone.append(letter.webhook.label)

    def lose_since(self, number: int) -> None:
        """What was posted after that one."""
        for letter in [one for one in self.letters if one.number > number]:
            self.lose(letter)

    def lose_all(self) -> None:
        for letter in list(self.letters):
            self.lose(letter)

    def delay_since(self, number: int, seconds: float) -> None:
        for letter in self.letters:
            letter.at += seconds * (letter.number > number)

    def reverse(self, seconds: float) -> None:
        """What is under way comes in the opposite order, each so long after the one before."""
        for place, letter in enumerate(reversed(self.sorted())):
            letter.at += place * seconds

    def overheard(self, vendor: str, since: int) -> None:
        """Bridge has written there: what was posted since is its echo, and may meet its fate."""
        if self.numbers == since:
            return
        fate, by = self.echoes.pop(vendor, ("", 0.0))
        if fate == "lost":
            self.lose_since(since)
        self.delay_since(since, by)

    def lose_all_but(self, beginning: str) -> None:
        """Those whose labels begin so arrive."""
        for letter in list(self.letters):
            if not letter.webhook.label.startswith(beginning):
                self.lose(letter)

    def double(self, letter: Letter, *, after: float) -> None:
        twin = Letter(at=letter.at + after, number=0, webhook=letter.webhook, sender=letter.sender)
        self.post(twin)

    def delay(self, letter: Letter, seconds: float) -> None:
        letter.at += seconds


class Sender(WebhookSender):
    """A vendor's sender without threads: what it sends lies in the mail until somebody delivers."""

    def __init__(
        self,
        mail: Mail,
        policy: RetryPolicy,
        *,
        render: Callable[[Webhook], Webhook] = lambda one: one,
    ) -> None:
        self._mail, self._policy, self._render = mail, policy, render
        self.stats: Counter[str] = Counter()
        self.lost: list[Webhook] = []

    @override
    def send(self, webhook: Webhook, *, after: float = 0.0) -> None:
        at = self._mail.clock.monotonic() + after
        self._mail.post(Letter(at=at, number=0, webhook=webhook, sender=self))

    def attempt(self, letter: Letter, door: Door) -> None:
        """Bring it to the door; what is not taken comes again as the vendor would."""
        verdict = self._policy.judge(door(self._render(letter.webhook)))
        if verdict is Verdict.RETRY and letter.repeat < self._policy.retries:
            letter.repeat += 1
            letter.at = self._mail.clock.monotonic() + self._policy.wait(letter.repeat)[0]
            self._mail.post(letter)
        elif verdict is not Verdict.DONE:
            self.lost.append(letter.webhook)
            self._mail.gone.append(letter.webhook.label)

    @override
    def idle(self) -> bool:
        return not any(one.sender is self for one in self._mail.letters)

    @override
    def wait_idle(self, seconds: float) -> bool:
        return self.idle()

    @override
    def close(self) -> None:
        """There is no thread to stop."""
