"""The simulated Salesforce org: REST and OAuth in, Outbound Messages and callouts out."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import FastAPI

from bridge.clock import Clock
from bridge.connectors.salesforce.simulator.callout import Callouts
from bridge.connectors.salesforce.simulator.change import Act, Change
from bridge.connectors.salesforce.simulator.oauth import App, OAuth
from bridge.connectors.salesforce.simulator.org import found_org
from bridge.connectors.salesforce.simulator.outbound import OutboundQueue
from bridge.connectors.salesforce.simulator.person import Person
from bridge.connectors.salesforce.simulator.rejection import Rejection, unavailable
from bridge.connectors.salesforce.simulator.routes import Gateway, build_app, refusal
from bridge.connectors.salesforce.simulator.session import Sessions
from bridge.connectors.salesforce.simulator.setup import Setup
from bridge.connectors.simulation.asgi import FaultMiddleware, Refusal
from bridge.connectors.simulation.control import control_routes
from bridge.connectors.simulation.faults import Faults
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.sender import WebhookSender


class SalesforceSimulator(Person):
    """One org with its app. Thread-safe. `faults` serve both ways; `troubles` are the vendor's own.

    Pushes begin when `outbound_url` (with its path secret) or `callout_url` is set.
    A fault `rate_limited` is answered 503 SERVER_UNAVAILABLE: Salesforce knows no 429. What it
    says when the day's calls are used up is `allocation.most`, and `troubles.next("limit")`.
    """

    def __init__(self, clock: Clock, pace: Pace, *, setup: Setup | None = None) -> None:
        self.setup = setup or Setup()
        self.faults = Faults(self.setup.seed)
        super().__init__(found_org(self.setup, clock=clock, pace=pace))
        self.troubles = self.org.troubles
        self.allocation = self.org.allocation
        self.sessions = Sessions(self.setup.org_id, clock=clock, pace=pace, seed=self.setup.seed)
        self.oauth = OAuth(self._client_app(), self.sessions, clock=clock, setup=self.setup)
        self.outbound = OutboundQueue(self.org, self.setup, pace=pace, faults=self.faults)
        self.callouts = Callouts(
            self.org, self.setup.callouts, clock=clock, retries=self.setup.callout_retries,
            pace=pace, faults=self.faults,
        )  # fmt: skip
        self.org.tables.listeners += (self.outbound.heard, self.callouts.heard)
        self.gateway = Gateway(self.org, self.sessions, self.setup.oldest_version)
        self.app = self._built_app(pace)

    @property
    def sender(self) -> WebhookSender:
        """The sender of Outbound Messages."""
        return self.outbound.outlet.sender

    @property
    def callout_sender(self) -> WebhookSender:
        return self.callouts.outlet.sender

    @property
    def outbound_url(self) -> str | None:
        return self.outbound.url

    @outbound_url.setter
    def outbound_url(self, url: str | None) -> None:
        self.outbound.url = url

    @property
    def callout_url(self) -> str | None:
        return self.callouts.url

    @callout_url.setter
    def callout_url(self, url: str | None) -> None:
        self.callouts.url = url

    @property
    def callout_secret(self) -> str:
        return self.callouts.secret

    @callout_secret.setter
    def callout_secret(self, secret: str) -> None:
        self.callouts.secret = secret

    @property
    def requests(self) -> Counter[tuple[str, str]]:
        """Authorised calls by method and path template: `("PATCH", "sobjects/{object}/{id}")`."""
        with self.org.lock:
            return Counter(self.org.requests)

    @property
    def journal(self) -> list[Change]:
        """Every committed write since the beginning."""
        with self.org.lock:
            return list(self.org.tables.journal)

    def created_by_key(self, field: str = "Bridge_Key__c") -> Counter[str]:
        """How often a record was created under each external id: more than once is a duplicate."""
        made = (change.after.get(field) for change in self.journal if change.act is Act.CREATED)
        return Counter(key for key in made if key is not None)

    def lost(self) -> dict[str, int]:
        """Pushes that were given up."""
        return {"outbound": self.outbound.lost, "callouts": self.callouts.lost}

    def idle(self) -> bool:
        """Nothing is on its way out."""
        return self.outbound.outlet.idle() and self.callouts.outlet.idle()

    def expire_sessions(self) -> None:
        """Every token is INVALID_SESSION_ID from now on; a new login works."""
        self.sessions.expire_all()

    def revoke(self) -> None:
        """The admin blocks the app: sessions end and logins are refused."""
        self.oauth.revoked = True
        self.sessions.expire_all()

    def approve(self) -> None:
        """The admin lets the app in again."""
        self.oauth.revoked = False

    def rename_value(self, object_name: str, field: str, *, old: str, new: str) -> None:
        """The admin renames a picklist's value. Records keep the old word."""
        kind = self.org.schema.object_named(object_name)
        found = kind.field_named(field)
        words = tuple(new if word == old else word for word in found.picklist)
        self.org.schema.put(kind.with_fields([replace(found, picklist=words)]))

    def remove_field(self, object_name: str, field: str) -> None:
        """The admin deletes a field, or takes it from our user's sight."""
        self.org.schema.put(self.org.schema.object_named(object_name).without(field))

    def state(self) -> dict[str, Any]:
        """For `/_sim/state`: numbers, not contents."""
        return {
            "org_id": self.setup.org_id,
            "records": {kind.name: len(self.records(kind.name)) for kind in self.org.schema},
            "created_by_key": self.created_by_key(),
            "requests": {f"{verb} {path}": count for (verb, path), count in self.requests.items()},
            "logins": self.sessions.opened,
            "api_usage": self.allocation.header(),
            "outbound": {"queued": self.outbound.queued, **self.outbound.outlet.stats},
            "callouts": {"queued": self.callouts.sent, **self.callouts.outlet.stats},
            "lost": self.lost(),
            "idle": self.idle(),
            "troubles": self.troubles.count,
            "faults": self.faults.count,
        }

    def close(self) -> None:
        """Stop the senders."""
        self.outbound.outlet.close()
        self.callouts.outlet.close()

    def _client_app(self) -> App:
        return App(
            client_id=self.setup.client_id,
            client_secret=self.setup.client_secret,
            public_key=self.setup.public_key,
            user_id=self.org.integration_user,
            approved={self.setup.username},
        )

    def _built_app(self, pace: Pace) -> FastAPI:
        app = build_app(self.gateway, self.oauth, self.sessions)
        app.include_router(control_routes(self.faults, self.state, people=self._people()))
        app.add_middleware(
            FaultMiddleware, faults=self.faults, pace=pace,
            too_many=_unavailable, broken=_unknown_exception,
        )  # fmt: skip
        return app

    def _people(self) -> dict[str, Callable[..., Any]]:
        verbs: tuple[Callable[..., Any], ...] = (
            self.create, self.create_case, self.edit, self.click_send_to_engineering,
            self.delete, self.undelete, self.merge, self.comment, self.record, self.records,
            self.case_comments, self.expire_sessions, self.revoke, self.approve,
            self.trouble, self.hold, self.let_go, self.aim,
        )  # fmt: skip
        return {verb.__name__: verb for verb in verbs}

    def trouble(self, trouble: str, path_contains: str = "") -> None:
        """Script one of the vendor's own refusals: `locked`, `clash`, `rule` or `limit`."""
        self.troubles.next(trouble, path_contains=path_contains)

    def hold(self, record: str) -> None:
        """Keep a record's row locked: every write to it is refused until it is let go."""
        self.org.records.held.add(record)

    def let_go(self, record: str) -> None:
        self.org.records.held.discard(record)

    def aim(
        self, outbound_url: str | None = None, callout_url: str | None = None,
        callout_secret: str = "",
    ) -> None:  # fmt: skip
        """Set where pushes go, over HTTP."""
        self.outbound_url = outbound_url
        self.callout_url = callout_url
        self.callout_secret = callout_secret


def _unavailable() -> Refusal:
    return _refusal(unavailable())


def _unknown_exception() -> Refusal:
    text = (
        "An unexpected error occurred. Please include this ErrorId if you contact support: "
        "1427650780-60 (-1427650780)"
    )
    return _refusal(Rejection("UNKNOWN_EXCEPTION", text, status=500))


def _refusal(rejected: Rejection) -> Refusal:
    status, body, headers = refusal(rejected)
    return Refusal(status=status, body=body, headers=headers)
