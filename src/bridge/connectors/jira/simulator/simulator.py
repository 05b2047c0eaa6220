"""The Jira simulator: one site with its API, its people, and the answers to a test's questions."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Any

from fastapi import FastAPI

from bridge.clock import Clock, SystemClock
from bridge.connectors.jira.simulator import routes_file, routes_hook, view
from bridge.connectors.jira.simulator.answers import Gate, injected, speak_jira
from bridge.connectors.jira.simulator.credentials import Credentials
from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.hooks import AutomationRule, Hook, Hooks
from bridge.connectors.jira.simulator.index import Index
from bridge.connectors.jira.simulator.limits import BurstLimit, IssueWriteLimit, Points
from bridge.connectors.jira.simulator.people import IssuePeople, verbs
from bridge.connectors.jira.simulator.planners import SitePeople
from bridge.connectors.jira.simulator.routes_attached import attached_routes
from bridge.connectors.jira.simulator.routes_issue import issue_routes
from bridge.connectors.jira.simulator.routes_site import site_routes
from bridge.connectors.jira.simulator.site import Site
from bridge.connectors.jira.simulator.state import State
from bridge.connectors.simulation.asgi import FaultMiddleware
from bridge.connectors.simulation.control import control_routes
from bridge.connectors.simulation.faults import Faults
from bridge.connectors.simulation.scale import Pace

EMAIL = "bridge@example.com"
TOKEN = "jira-token"  # noqa: S105  (of a simulator)
SITE = "https://acme.atlassian.net"
_OWN_HOOK = 1
_ROUTES = (
    issue_routes,
    attached_routes,
    site_routes,
    routes_hook.hook_routes,
    routes_file.file_routes,
    routes_file.media_routes,
)


class JiraSimulator(IssuePeople, SitePeople):
    """`app` is the site. People's acts, the admin's, and questions are methods; thread-safe.

    `senders` above 1 post webhooks side by side and so give up their order, as Jira does.
    `webhook_url` and `site_url` may be set once they are known. `faults` disturbs both ways.
    `requests` counts calls by method and path: `"POST /issue"`, `"GET /issue/{key}/comment"`.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        pace: Pace,
        seed: int = 0,
        email: str = EMAIL,
        token: str = TOKEN,
        webhook_url: str | None = None,
        webhook_secret: str = "",
        flavour: Flavour = Flavour.CLOUD,
        site_url: str = SITE,
        senders: int = 1,
    ) -> None:
        self.faults = Faults(seed)
        state = State(clock, pace, flavour=flavour, site=site_url.rstrip("/"), email=email)
        site = Site(
            state=state,
            hooks=Hooks(state, pace, faults=self.faults, seed=seed, workers=senders),
            index=Index(state),
            burst=BurstLimit(clock.monotonic, pace),
            writes=IssueWriteLimit(clock.monotonic, pace),
            points=Points(clock.now, pace),
            credentials=Credentials(names=(email, state.bot.name), token=token),
        )
        super().__init__(site)
        self.webhook_secret = webhook_secret
        self._gate = Gate(site)
        self.webhook_url = webhook_url
        self.app = self._app()

    @property
    def webhook_url(self) -> str | None:
        """Where the hook of an admin's making sends all events to; None: nowhere."""
        hook = self.site.hooks.hooks.get(_OWN_HOOK)
        return hook.url if hook else None

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self.register_hook(url, secret=self.webhook_secret)

    @property
    def site_url(self) -> str:
        return self.site.state.site

    @site_url.setter
    def site_url(self, url: str) -> None:
        self.site.state.site = url.rstrip("/")

    def register_hook(
        self, url: str | None, *, secret: str = "", events: Collection[str] = ()
    ) -> None:
        """Set the admin's own hook anew; no `events` means all. Another secret rotates it."""
        self.webhook_secret = secret
        with self.site.state.lock:
            self.site.hooks.hooks.pop(_OWN_HOOK, None)
            if url:
                hook = Hook(
                    id=_OWN_HOOK, name="Bridge", url=url, events=frozenset(events), secret=secret
                )
                routes_hook.add(self.site, hook)

    def add_hook(self, url: str, *, secret: str = "") -> None:
        """A second registration beside the first: each event then comes twice, under two ids."""
        with self.site.state.lock:
            ident = self.site.state.new_id("hook", start=_OWN_HOOK)
            hook = Hook(id=ident, name=f"Bridge {ident}", url=url, secret=secret)
            routes_hook.add(self.site, hook)

    def add_automation(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        name: str = "Tell Bridge",
        events: Collection[str] = ("jira:issue_updated",),
    ) -> None:
        """An Automation rule "send web request" with custom data; `headers` holds the secret."""
        rule = AutomationRule(name=name, url=url, headers=headers, events=frozenset(events))
        self.site.hooks.rules.append(rule)

    def revoke_credentials(self) -> None:
        """From now on 401, as after a token has expired, until `restore_credentials`."""
        self.site.credentials.valid = False

    expire_credentials = revoke_credentials

    def limit_points(self, most: int | None) -> None:
        """From now on so many calls an hour, as an app has; `None`: as many as it likes."""
        self.site.points.most = most

    def restore_credentials(self, token: str | None = None) -> None:
        """Valid again, with another token if given."""
        self.site.credentials.token = token or self.site.credentials.token
        self.site.credentials.valid = True

    def hide_project(self, key: str) -> None:
        """Our account may not browse it any more: 404 for all in it."""
        self.site.state.hidden.add(key)

    def show_project(self, key: str) -> None:
        self.site.state.hidden.discard(key)

    def deny(self, permission: str) -> None:
        """Take a permission from our account: `ADD_COMMENTS`, `TRANSITION_ISSUES`, ..."""
        self.site.state.denied.add(permission)

    def allow(self, permission: str) -> None:
        self.site.state.denied.discard(permission)

    def require(self, field: str, *, kind: str, project: str = "ENG") -> None:
        """From now on a create of this type must set the field."""
        required = self.site.state.projects[project].required
        required[kind] = required.get(kind, frozenset()) | {field}

    def retire_type(self, kind: str, *, project: str = "ENG") -> None:
        """The admin takes an issue type out of the project's scheme."""
        entry = self.site.state.projects[project]
        entry.types = tuple(one for one in entry.types if one != kind)

    def set_index_lag(self, vendor_seconds: float) -> None:
        """How long search does not see a write."""
        self.site.index.lag = vendor_seconds

    def issues(self) -> list[dict[str, Any]]:
        """All issues with all fields, as REST v2 shows them, oldest first."""
        with self.site.state.lock:
            return [view.issue(self.site.state, one) for one in self.site.state.issues.values()]

    def issue(self, key: str) -> dict[str, Any]:
        """One of them, by id, key or former key. Raises Refused."""
        with self.site.state.lock:
            return view.issue(self.site.state, self.site.state.issue(key))

    def issues_with_label(self, label: str) -> list[str]:
        """Keys, without any index lag."""
        return [one["key"] for one in self.issues() if label in one["fields"]["labels"]]

    def created_with_label(self, label: str) -> int:
        """How many issues were ever made with it, deleted ones too: more than 1 is a duplicate."""
        return self.site.state.made_with_label[label]

    def labels(self) -> Counter[str]:
        """Every label that issues were made with, and how often."""
        with self.site.state.lock:
            return Counter(self.site.state.made_with_label)

    def status(self, key: str) -> str:
        """The status by its name."""
        return str(self.issue(key)["fields"]["status"]["name"])

    def comments(self, key: str) -> list[dict[str, Any]]:
        """With their `properties` as an object."""
        with self.site.state.lock:
            issue = self.site.state.issue(key)
            return [
                {**view.comment(self.site.state, issue, said), "properties": dict(said.properties)}
                for said in issue.comments.values()
            ]

    def remote_links(self, key: str) -> list[dict[str, Any]]:
        with self.site.state.lock:
            return [dict(link) for link in self.site.state.issue(key).remote_links.values()]

    def properties(self, key: str) -> dict[str, Any]:
        with self.site.state.lock:
            return dict(self.site.state.issue(key).properties)

    @property
    def requests(self) -> Counter[str]:
        return self._gate.requests

    @property
    def refused_credentials(self) -> int:
        """How often 401 was answered: repeating it locks an account."""
        return self.site.credentials.failures

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """The latest events, each with its webhook body, oldest first."""
        return list(self.site.hooks.told)

    @property
    def webhooks(self) -> Counter[str]:
        """`posted`, `delivered`, `retried`, `lost`, and the faults."""
        return Counter(self.site.hooks.sender.stats)

    @property
    def webhooks_lost(self) -> int:
        """Given up for ever, or too large to be sent; an Automation rule's request too."""
        hooks = self.site.hooks
        return hooks.sender.stats["lost"] + hooks.once.stats["lost"] + hooks.dropped

    def idle(self) -> bool:
        """No webhook is queued, in flight, or waiting for a repeat."""
        return self.site.hooks.idle()

    def wait_idle(self, seconds: float = 60.0) -> bool:
        """Wait for it, real seconds."""
        hooks = self.site.hooks
        return hooks.sender.wait_idle(seconds) and hooks.once.wait_idle(seconds)

    def close(self) -> None:
        """Stop sending."""
        self.site.hooks.close()

    def _app(self) -> FastAPI:
        app = FastAPI(title="Jira simulator", openapi_url=None)
        speak_jira(app)
        for routes in _ROUTES:
            app.include_router(routes(self._gate))
        people = verbs(IssuePeople(self.site), SitePeople(self.site)) | self._admin()
        app.include_router(control_routes(self.faults, self._state, people=people))
        app.add_middleware(
            FaultMiddleware,
            faults=self.faults,
            pace=self.site.state.pace,
            too_many=lambda: injected(self.site.state),
        )
        return app

    def _admin(self) -> dict[str, Callable[..., Any]]:
        """What an admin does, over HTTP."""
        acts: tuple[Callable[..., Any], ...] = (
            self.revoke_credentials, self.restore_credentials, self.hide_project,
            self.show_project, self.deny, self.allow, self.require, self.set_index_lag,
            self.limit_points, self.register_hook, self.add_hook, self.add_automation,
        )  # fmt: skip
        return {act.__name__: act for act in acts}

    def _state(self) -> dict[str, Any]:
        return {
            "issues": self.issues(),
            "labels": self.labels(),
            "requests": self.requests,
            "webhooks": self.webhooks,
            "webhooks_lost": self.webhooks_lost,
            "idle": self.idle(),
        }


def build(
    *,
    clock: Clock | None = None,
    pace: Pace | None = None,
    seed: int = 0,
    email: str = EMAIL,
    token: str = TOKEN,
    webhook_url: str | None = None,
    webhook_secret: str = "",
    flavour: str = "cloud",
    site_url: str = SITE,
    senders: int = 1,
) -> JiraSimulator:
    """A site on the machine's own clock, at a hundredth of the vendor's waits, unless told else."""
    return JiraSimulator(
        clock=clock or SystemClock(),
        pace=pace or Pace(0.01),
        seed=seed,
        email=email,
        token=token,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        flavour=Flavour(flavour),
        site_url=site_url,
        senders=senders,
    )
