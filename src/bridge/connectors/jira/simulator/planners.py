"""What people do to versions, sprints and projects in Jira's own pages: each act sends its webhooks."""

from dataclasses import replace
from datetime import date
from typing import Any

from bridge.connectors.jira.simulator import (
    catalogue,
    webhooks,
)
from bridge.connectors.jira.simulator.site import Site

_SOMEBODY = "dana"


class SitePeople:
    """Acts on versions, sprints and projects."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def create_version(self, name: str, *, project: str = "ENG", by: str = _SOMEBODY) -> str:
        """The version's id."""
        state = self.site.state
        with state.lock:
            ident = str(state.new_id("version", start=10_200))
            state.versions[ident] = catalogue.Version(id=ident, name=name, project=project)
            self._version("jira:version_created", ident, by)
            return ident

    def release_version(self, name: str, *, by: str = _SOMEBODY) -> None:
        """Released today."""
        with self.site.state.lock:
            version = self._version_called(name)
            version.released = True
            version.release_date = self.site.state.now().date()
            self._version("jira:version_released", version.id, by)

    def unrelease_version(self, name: str, *, by: str = _SOMEBODY) -> None:
        with self.site.state.lock:
            version = self._version_called(name)
            version.released = False
            self._version("jira:version_unreleased", version.id, by)

    def plan_version(self, name: str, due: str, *, by: str = _SOMEBODY) -> None:
        """Sets its release date, yyyy-MM-dd."""
        with self.site.state.lock:
            version = self._version_called(name)
            version.release_date = date.fromisoformat(due)
            self._version("jira:version_updated", version.id, by)

    def create_sprint(self, name: str, *, goal: str = "", by: str = _SOMEBODY) -> int:
        """The sprint's id."""
        state = self.site.state
        with state.lock:
            number = state.new_id("sprint", start=20)
            state.sprints[number] = catalogue.Sprint(id=number, name=name, goal=goal)
            self._sprint("sprint_created", number, by)
            return number

    def start_sprint(self, number: int, *, by: str = _SOMEBODY) -> None:
        self._sprint_state(number, "active", by=by)

    def close_sprint(self, number: int, *, by: str = _SOMEBODY) -> None:
        self._sprint_state(number, "closed", by=by)

    def rename_project(self, key: str, name: str, *, by: str = _SOMEBODY) -> None:
        state = self.site.state
        with state.lock:
            state.projects[key].name = name
            told = webhooks.of_project(state, "project_updated", key)
            self.site.hooks.tell("project_updated", told, actor=state.account(by))

    def show_email(self, name: str) -> None:
        """Its owner lets everybody see the address."""
        self._account(name, shows_email=True)

    def deactivate(self, name: str) -> None:
        """Who left cannot be given anything any more."""
        self._account(name, active=False)

    def _account(self, name: str, **changes: Any) -> None:
        with self.site.state.lock:
            account = replace(self.site.state.account(name), **changes)
            self.site.state.accounts[account.id] = account

    def _sprint_state(self, number: int, to: str, *, by: str) -> None:
        state = self.site.state
        with state.lock:
            sprint = state.sprints[number]
            sprint.state = to
            moment = f"{state.now():%Y-%m-%dT%H:%M:%S.000Z}"
            if to == "active":
                sprint.start = moment
                self._sprint("sprint_started", number, by)
            else:
                sprint.end = moment
                self._sprint("sprint_closed", number, by)

    def _sprint(self, event: str, number: int, by: str) -> None:
        told = webhooks.of_sprint(self.site.state, event, number)
        self.site.hooks.tell(event, told, actor=self.site.state.account(by))

    def _version(self, event: str, ident: str, by: str) -> None:
        told = webhooks.of_version(self.site.state, event, ident)
        self.site.hooks.tell(event, told, actor=self.site.state.account(by))

    def _version_called(self, name: str) -> catalogue.Version:
        for version in self.site.state.versions.values():
            if version.name == name:
                return version
        raise LookupError(f"no version {name!r}")
