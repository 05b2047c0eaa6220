"""The simulated Teams: channels with their flows, what was posted, and what people do there."""

import json
import random
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.clock import Clock
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.teams.simulator import outgoing
from bridge.connectors.teams.simulator.flow import Flow, State, new_flow, new_signature
from bridge.connectors.teams.simulator.limits import RateLimit
from bridge.connectors.teams.simulator.schema import (
    CardRefused,
    SchemaMismatch,
    card_of,
    check_size,
    check_trigger,
)
from bridge.connectors.teams.simulator.shown import PostedCard, posted

_OWNED_UP = (
    "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429"
)


@dataclass(frozen=True, kw_only=True)
class FailedRun:
    """A run that was answered 202 and showed nothing."""

    channel: str
    run_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the trigger answers. Without an error it is an empty 202."""

    status: int
    code: str = ""
    message: str = ""
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        if not self.code:
            return self.text.encode()
        return json.dumps({"error": {"code": self.code, "message": self.message}}).encode()


class Channels:
    """State and rules, without HTTP; every method may be called from any thread."""

    def __init__(self, channels: Sequence[str], *, clock: Clock, pace: Pace, seed: int) -> None:
        self._lock = threading.RLock()
        self._clock = clock
        self._pace = pace
        self._dice = random.Random(seed)  # noqa: S311  (repeatable on purpose)
        self._flows: dict[str, Flow] = {}
        self._limits: dict[str, RateLimit] = {}
        self._cards: list[PostedCard] = []
        self._failed: list[FailedRun] = []
        self._webhook: outgoing.OutgoingWebhook | None = None
        self._said = 0
        self._hides = False
        self.requests: Counter[str] = Counter()  # by channel; "?" for no channel of ours
        self.answers: Counter[int] = Counter()  # by status, faults not counted
        for name in channels:
            self.add_channel(name)

    # -- what the trigger does

    def invoke(self, workflow: str, query: str, content_type: str, body: bytes) -> Answer:
        """One POST to a flow's URL; `query` as it came, byte for byte."""
        with self._lock:
            flow = next((each for each in self._flows.values() if each.workflow == workflow), None)
            self.requests[flow.channel if flow else "?"] += 1
            answer = self._refusal(flow, query) or self._triggered(flow, content_type, body)
            self.answers[answer.status] += 1
            return answer

    def _refusal(self, flow: Flow | None, query: str) -> Answer | None:
        if flow is None or flow.state is State.DELETED:
            return Answer(status=404, code="WorkflowNotFound", message="The workflow is not found.")
        if flow.state is State.RESTRICTED:
            return _unauthorized("The request must be authenticated with an OAuth token.")
        if query != flow.query:
            return _unauthorized("The provided authorization scheme or signature is not valid.")
        if flow.state is State.OFF:
            return Answer(
                status=400,
                code="WorkflowTriggerIsNotEnabled",
                message="The workflow is turned off, so its trigger is not enabled.",
            )
        return self._too_many(flow)

    def _too_many(self, flow: Flow) -> Answer | None:
        wait = self._limits[flow.channel].wait(self._clock.monotonic())
        if wait <= 0:
            return None
        answer = too_many(self._pace, wait)
        return replace(answer, status=200, code="", text=_OWNED_UP) if self._hides else answer

    def _triggered(self, flow: Flow | None, content_type: str, body: bytes) -> Answer:
        assert flow is not None
        try:
            message = _json(content_type, body)
            check_trigger(message)
        except SchemaMismatch as error:
            text = f"The input body for trigger 'manual' did not match its schema: {error}"
            return Answer(status=400, code="TriggerInputSchemaMismatch", message=text)
        self._limits[flow.channel].take(self._clock.monotonic())
        run_id = f"{self._dice.getrandbits(80):020x}".upper()
        self._run(flow, run_id, message, size=len(body))
        return Answer(status=202, headers={"x-ms-workflow-run-id": run_id})

    def _run(self, flow: Flow, run_id: str, message: Mapping[str, Any], *, size: int) -> None:
        try:
            check_size(size)
            content = card_of(message)
        except CardRefused as error:
            failed = FailedRun(channel=flow.channel, run_id=run_id, reason=str(error))
            self._failed.append(failed)
            return
        now = self._clock.now()
        self._cards.append(posted(content, channel=flow.channel, run_id=run_id, at=now, size=size))

    # -- what people do

    def hide_limits(self) -> None:
        """Answer as the retired connectors do: a 429 is a 200 whose text owns up to it."""
        self._hides = True

    def add_channel(self, channel: str) -> None:
        """Make a channel with a flow in it, or a new flow in place of the one that was there."""
        with self._lock:
            self._flows[channel] = new_flow(channel, self._dice)
            self._limits[channel] = RateLimit(self._pace)

    def turn_off(self, channel: str) -> None:
        self._set(channel, State.OFF)

    def turn_on(self, channel: str) -> None:
        self._set(channel, State.ON)

    def delete(self, channel: str) -> None:
        self._set(channel, State.DELETED)

    def restrict(self, channel: str) -> None:
        """Let only people of the tenant trigger the flow: a plain POST is 401 from now on."""
        self._set(channel, State.RESTRICTED)

    def renew(self, channel: str) -> None:
        """Give the flow a new signature: the old URL is 401 from now on."""
        with self._lock:
            self._flow(channel).signature = new_signature(self._dice)

    def create_webhook(self, url: str, *, token: str, name: str = "Bridge") -> None:
        """Give the team an Outgoing Webhook; `token` is base64, as Teams would have shown it."""
        with self._lock:
            self._webhook = outgoing.OutgoingWebhook(url=url, token=token, name=name)

    def mention(
        self, text: str, *, person: str = "Dana Reyes", channel: str = "general"
    ) -> outgoing.Reply:
        """Somebody mentions the webhook; returns what the channel shows. ValueError without one."""
        with self._lock:
            webhook, self._said = self._webhook, self._said + 1
            number = self._said
        if webhook is None:
            raise ValueError("this team has no outgoing webhook")
        body = outgoing.activity(
            webhook, text, person=person, channel=channel, number=number, at=self._clock.now()
        )
        return outgoing.call(webhook, body)

    # -- what a test asks

    def url(self, channel: str, base: str) -> str:
        """The Workflows URL of a channel, where the simulator is served at `base`."""
        with self._lock:
            return self._flow(channel).url(base)

    def channels(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._flows)

    def cards(self, channel: str = "") -> tuple[PostedCard, ...]:
        """Cards that people can see, oldest first; of one channel, or of all."""
        with self._lock:
            return tuple(card for card in self._cards if channel in {"", card.channel})

    def duplicates(self, channel: str = "") -> tuple[PostedCard, ...]:
        """Second and later cards of the same content in the same channel."""
        seen: set[tuple[str, str]] = set()
        twice = []
        for card in self.cards(channel):
            print_ = (card.channel, json.dumps(card.content, sort_keys=True))
            if print_ in seen:
                twice.append(card)
            seen.add(print_)
        return tuple(twice)

    @property
    def failed_runs(self) -> tuple[FailedRun, ...]:
        with self._lock:
            return tuple(self._failed)

    def state(self) -> dict[str, Any]:
        """For `/_sim/state`; holds no URL."""
        with self._lock:
            return {
                "channels": {name: flow.state for name, flow in self._flows.items()},
                "cards": Counter(card.channel for card in self._cards),
                "duplicates": len(self.duplicates()),
                "failed_runs": len(self._failed),
                "requests": self.requests,
                "answers": {str(status): count for status, count in self.answers.items()},
            }

    def _set(self, channel: str, state: State) -> None:
        with self._lock:
            self._flow(channel).state = state

    def _flow(self, channel: str) -> Flow:
        flow = self._flows.get(channel)
        if flow is None:
            raise LookupError(f"no channel {channel!r}; there are: {', '.join(self._flows)}")
        return flow


def too_many(pace: Pace, seconds: float) -> Answer:
    """429; `seconds` are the vendor's, and told at the simulated pace."""
    return Answer(
        status=429,
        code="RateLimitExceeded",
        message="Rate limit is exceeded. Try again later.",
        headers={"retry-after": str(pace.whole_seconds(seconds))},
    )


def _unauthorized(message: str) -> Answer:
    return Answer(status=401, code="DirectApiAuthorizationRequired", message=message)


def _json(content_type: str, body: bytes) -> Any:
    if not content_type.startswith("application/json"):
        raise SchemaMismatch("Invalid type. Expected Object but got String.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SchemaMismatch("the body is not JSON") from error
