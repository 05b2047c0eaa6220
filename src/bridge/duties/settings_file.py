"""Each node follows its `bridge.yaml`: channels are taken anew while it runs, all else waits for a restart.

As with the mappings: it is read once it lies still, and one with a fault changes nothing, since what
was good last is still good. What differs and cannot be taken is named, so that nobody thinks it is live.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog

from bridge.alarms import store as alarms
from bridge.alarms.addresses import nowhere
from bridge.connectors.connected import Connected, Connections
from bridge.connectors.contract import ConnectionSettings
from bridge.duties.stillness import Still
from bridge.errors import RuleError, SettingError
from bridge.metrics import Metrics
from bridge.pipeline.world import World
from bridge.rules import store
from bridge.rules.ruleset import RuleSet
from bridge.rules.template import Constant, Table
from bridge.settings import BridgeFile, Loaded, reread

ALARM = "settings"
LOOK_SECONDS = 2.0
Stat = tuple[int, int, int, int]

log = structlog.get_logger()


@dataclass(kw_only=True)
class SettingsWatch:
    """One node's eye on the file it was started with.

    judge   the connections of a file, without a call. Raises SettingError
    fault   why the file is not taken; empty when it is
    waits   settings that differ from those at work, and need a restart
    """

    world: World
    loaded: Loaded
    judge: Callable[[Loaded], Connections]
    metrics: Metrics
    settle: timedelta
    fault: str = ""
    waits: tuple[str, ...] = ()
    _disk: Still[Stat] = field(init=False)
    _judged: Stat | None = None
    _beside: str | None = None  # the set that was active then
    _looked: float | None = None  # monotonic seconds

    def __post_init__(self) -> None:
        path = self.loaded.document.path
        self._disk = Still(show=lambda: _stat(path), settle=self.settle)
        self._judged = _stat(path)  # as this process was started with

    @property
    def text(self) -> str:
        """In words, for people; empty when the file is what is at work."""
        if self.fault:
            return f"the file of settings has faults, what was good last stays: {self.fault}"
        return f"changed, and waits for a restart: {', '.join(self.waits)}" if self.waits else ""

    def look(self) -> None:
        """One look, at most every two seconds."""
        now = self.world.clock.monotonic()
        if self._looked is not None and now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        seen = self._disk.at(now)
        if seen is not None and (seen != self._judged or self._may_pass()):
            self._judge(seen)

    def _may_pass(self) -> bool:
        """Whether what was refused may be taken by now: another set is active, say."""
        return bool(self.fault) and self._beside != self._active()

    def _active(self) -> str | None:
        with self.world.database.reading() as session:
            return store.active_hash(session)

    def _judge(self, seen: Stat) -> None:
        self._beside = self._active()
        try:
            fresh = reread(self.loaded)
            connections = self.judge(fresh)
            self._still_heard(connections)
            self._still_named(connections)
        except SettingError as error:
            if not self._disk.moved():
                self._judged = seen
                self._refuse(str(error))
            return
        if self._disk.moved():
            return
        self._judged = seen
        self._take(connections)
        self._waits(fresh.file, connections)
        self._lift()

    def _still_heard(self, connections: Connections) -> None:
        """Alarms go where they went at the start, until a restart: that must not be taken away."""
        channels = {
            name: names
            for name, one in connections.items()
            if (names := _channels(one)) is not None
        }
        lost = list(nowhere(self.loaded.file.alarms, channels))
        if lost:
            raise SettingError("\n".join(f"{one}; restart to change both" for one in lost))

    def _still_named(self, connections: Connections) -> None:
        """A card that an active rule posts to a channel that is gone would be dead."""
        try:
            with self.world.database.reading() as session:
                rules = self.world.sets.active(session)
        except RuleError:
            return  # nothing is decided here, so no card comes of it
        lost = sorted(set(_lost(rules, connections)))
        if lost:
            raise SettingError("\n".join(lost))

    def _take(self, connections: Connections) -> None:
        for name, running in self.world.connections.items():
            fresh = connections.get(name)
            if fresh is None or fresh.system != running.system:
                continue
            news = {
                one: getattr(fresh.settings, one)
                for one in _differing(running.settings, fresh.settings)
                if one in running.connector.live
            }
            if news:
                running.take(running.settings.model_copy(update=news))
                log.info("settings.taken", connection=name, settings=sorted(news))

    def _waits(self, file: BridgeFile, connections: Connections) -> None:
        found = tuple(sorted(_unlike(self.loaded.file, file, self.world.connections, connections)))
        if found and found != self.waits:
            log.warning("settings.wait_for_restart", settings=found)
        self.waits = found

    def _refuse(self, fault: str) -> None:
        self.fault = fault
        self.metrics.settings(refused=True)
        log.error("settings.refused", faults=fault)
        with self.world.database.transaction() as session:
            alarms.lower(
                session,
                ALARM,
                kind="error",
                text=self.text,
                remedy="mend the file: its channels are taken by themselves then",
                link=f"{self.world.public_url}/api/v1/status",
                now=self.world.clock.now(),
            )

    def _lift(self) -> None:
        self.fault = ""
        self.metrics.settings(refused=False)
        with self.world.database.transaction() as session:
            text = "the file of settings is without fault"
            alarms.lift(session, ALARM, text=text, now=self.world.clock.now())


def _stat(path: Path | None) -> Stat | None:
    """A file that is away for a moment, as while it is replaced, says nothing."""
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _channels(connected: Connected) -> Mapping[str, object] | None:
    found: Mapping[str, object] | None = getattr(connected.settings, "channels", None)
    return found


def _lost(rules: RuleSet, connections: Connections) -> Iterator[str]:
    """Channels that rules name and no connection has, with what to do first."""
    for rule in rules.rules:
        for step in rule.steps:
            channel = step.args.items.get("channel") if isinstance(step.args, Table) else None
            connected = connections.get(step.connection or "")
            known = _channels(connected) if connected is not None else None
            if known is None or not isinstance(channel, Constant) or channel.value in known:
                continue
            yield (
                f"rule {rule.id} posts to {channel.value} of {step.connection}, which is not there:"
                " take a channel away once no active rule names it"
            )


def _differing(old: ConnectionSettings, new: ConnectionSettings) -> Iterator[str]:
    for name in type(old).model_fields:
        if getattr(old, name) != getattr(new, name, None):
            yield name


def _unlike(
    old: BridgeFile, new: BridgeFile, running: Connections, fresh: Connections
) -> Iterator[str]:
    """The settings that differ from those at work, after what can be taken was taken."""
    for name in type(old).model_fields:
        if name != "connections" and getattr(old, name) != getattr(new, name):
            yield name
    for name in {*running} ^ {*fresh}:
        yield f"connections.{name}"
    for name in {*running} & {*fresh}:
        if running[name].system != fresh[name].system:
            yield f"connections.{name}.system"
            continue
        for one in _differing(running[name].settings, fresh[name].settings):
            yield f"connections.{name}.{one}"
