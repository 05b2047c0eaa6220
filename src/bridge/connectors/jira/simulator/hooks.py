"""The registered webhooks and Automation rules, and what leaves for them."""

import hashlib
import hmac
import json
import random
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt

from bridge.connectors.jira.simulator.account import Account
from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.limits import DC_APPENDS_USER_TO_HOOK_URL, WEBHOOK_BYTES
from bridge.connectors.jira.simulator.state import Issue, State
from bridge.connectors.simulation.faults import Faults
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.sender import RetryPolicy, Verdict, Webhook, WebhookSender

KEPT_EVENTS = 20_000
PRIMARY = "Primary"
SECONDARY = "Secondary"
_RETRIED = frozenset({408, 409, 425, 429})
_JSON = "application/json; charset=utf-8"


def _judge(answer: httpx.Response | None) -> Verdict:
    """A 4xx but for four of them loses the event for ever."""
    if answer is None or answer.status_code in _RETRIED or answer.status_code >= 500:
        return Verdict.RETRY
    return Verdict.DONE if answer.is_success else Verdict.LOST


def _judge_once(answer: httpx.Response | None) -> Verdict:
    return Verdict.DONE if answer is not None and answer.is_success else Verdict.LOST


CLOUD = RetryPolicy(
    judge=_judge,
    retries=5,
    wait=lambda _: (300.0, 900.0),
    retry_headers=lambda repeat: {"X-Atlassian-Webhook-Retry": str(repeat)},
    timeout=20.0,
    lone_after=1_800.0,
)
ONCE = RetryPolicy(judge=_judge_once, retries=0, wait=lambda _: (0.0, 0.0))


@dataclass(frozen=True, kw_only=True)
class Hook:
    """`events` empty: all of them. `matches` decides about issues; None takes all."""

    id: int
    name: str
    url: str
    events: frozenset[str] = frozenset()
    jql: str = ""
    matches: Callable[[Issue], bool] | None = None
    secret: str = ""
    exclude_body: bool = False
    enabled: bool = True
    expires_at: datetime | None = None  # an app's: it ends, and its token is signed, not its body


@dataclass(frozen=True, kw_only=True)
class AutomationRule:
    """Not a webhook: no identifier, no signature, no repeat; only the headers set in the rule."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    events: frozenset[str] = frozenset({"jira:issue_updated"})


class Hooks:
    """Sends each event to every hook that wants it. Data Center and Automation never repeat."""

    def __init__(
        self, state: State, pace: Pace, *, faults: Faults, seed: int, workers: int = 1
    ) -> None:
        self._state = state
        self._random = random.Random(seed)  # noqa: S311  (identifiers, repeatable on purpose)
        policy = CLOUD if state.flavour is Flavour.CLOUD else ONCE
        self.sender = WebhookSender(policy, pace=pace, faults=faults, workers=workers)
        self.once = WebhookSender(ONCE, pace=pace)
        self.most_bytes = WEBHOOK_BYTES
        self.dropped = 0  # payloads that were too large, lost without a word
        self.hooks: dict[int, Hook] = {}
        self.rules: list[AutomationRule] = []
        self.told: deque[tuple[str, dict[str, Any]]] = deque(maxlen=KEPT_EVENTS)  # oldest first

    def tell(
        self,
        event: str,
        body: dict[str, Any],
        *,
        actor: Account,
        issue: Issue | None = None,
        flow: str = PRIMARY,
        after: float = 0.0,
    ) -> None:
        """`issue` makes the hooks' JQL filters count; `after` in vendor seconds."""
        self.told.append((event, body))
        for hook in self.hooks.values():
            if hook.enabled and not self._is_over(hook) and _wants(hook, event, issue):
                self._send(self._webhook(hook, event, body, actor=actor, flow=flow), after)

    def _is_over(self, hook: Hook) -> bool:
        return hook.expires_at is not None and hook.expires_at <= self._state.now()

    def automate(self, event: str, build: Callable[[str], dict[str, Any]]) -> None:
        """Run the Automation rules on an event; `build` makes the custom data of a rule's name."""
        for rule in self.rules:
            if event in rule.events:
                content = _bytes(build(rule.name))
                headers = {"Content-Type": "application/json", **rule.headers}
                self.once.send(
                    Webhook(url=rule.url, headers=headers, body=content, label=rule.name)
                )

    def _send(self, webhook: Webhook, after: float) -> None:
        if self._state.flavour is Flavour.CLOUD and len(webhook.body) > self.most_bytes:
            self.dropped += 1
            return
        self.sender.send(webhook, after=after)

    def idle(self) -> bool:
        return self.sender.idle() and self.once.idle()

    def close(self) -> None:
        self.sender.close()
        self.once.close()

    def _webhook(
        self, hook: Hook, event: str, body: dict[str, Any], *, actor: Account, flow: str
    ) -> Webhook:
        content = b"" if hook.exclude_body else _bytes(body)
        headers = {"Content-Type": _JSON, **self._marks(flow)}
        if hook.expires_at is not None:
            claims = {"iss": "jira", "exp": self._state.now() + timedelta(minutes=3)}
            headers["Authorization"] = f"Bearer {jwt.encode(claims, hook.secret)}"
        elif hook.secret:
            digest = hmac.new(hook.secret.encode(), content, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature"] = f"sha256={digest}"
        return Webhook(url=self._url(hook, actor), headers=headers, body=content, label=event)

    def _marks(self, flow: str) -> dict[str, str]:
        if self._state.flavour is Flavour.DATACENTER:
            return {"User-Agent": "Atlassian HttpClient / JIRA-10.3.0"}
        identifier = uuid.UUID(int=self._random.getrandbits(128), version=4)
        return {
            "User-Agent": "Atlassian Webhook HTTP Client",
            "X-Atlassian-Webhook-Identifier": str(identifier),
            "X-Atlassian-Webhook-Flow": flow,
        }

    def _url(self, hook: Hook, actor: Account) -> str:
        if self._state.flavour is Flavour.CLOUD or not DC_APPENDS_USER_TO_HOOK_URL:
            return hook.url
        user = {"user_id": actor.name, "user_key": actor.name}
        return str(httpx.URL(hook.url).copy_merge_params(user))


def _wants(hook: Hook, event: str, issue: Issue | None) -> bool:
    if hook.events and event not in hook.events:
        return False
    return issue is None or hook.matches is None or hook.matches(issue)


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
