"""The composition root: settings, database, connections, rules and workers of one process."""

import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select

from bridge import schema
from bridge.alarms import store as alarms
from bridge.alarms.addresses import nowhere
from bridge.bell import Bells
from bridge.calendars import calendars
from bridge.canonical.kind import Kinds, standard
from bridge.clock import Clock, SharedClock, SystemClock
from bridge.connectors.connected import Connected, Connections
from bridge.connectors.contract import ConnectionSettings
from bridge.connectors.registry import CONNECTORS, actions
from bridge.db import Database
from bridge.duties import Duties, settings_file
from bridge.duties.following import Follower
from bridge.duties.settings_file import SettingsWatch
from bridge.errors import RuleError, SettingError
from bridge.inbox import store as inbox
from bridge.inbox.faults import Faults
from bridge.inbox.writer import Writer
from bridge.metrics import Metrics
from bridge.outbox import connection, ordering, restore
from bridge.outbox.budgets.budgets import keep_within
from bridge.outbox.dispatcher import Dispatcher
from bridge.outbox.recorder import Hooks
from bridge.outbox.restore import Watch
from bridge.outbox.retry import Policy
from bridge.pipeline import Intake, World
from bridge.pipeline.after import finished, lock_concerned
from bridge.pipeline.alarming import lift_held, news, tell_held
from bridge.pipeline.backfill import store as backfills
from bridge.pipeline.backfill.work import Backfilling
from bridge.pipeline.chores import Chores
from bridge.pipeline.people.naming import Names
from bridge.pipeline.ruleset.proposal import START, Proposed, Verdict, propose, refuse
from bridge.pipeline.syncing.anew import Judge
from bridge.pipeline.world import Alarms, Sets
from bridge.process import Bridge
from bridge.rules.folder import read_folder
from bridge.settings import Loaded, connections
from bridge.wire import CHANNEL, Wire
from bridge.worker import Worker

log = structlog.get_logger()


def build(
    loaded: Loaded,
    *,
    clock: Clock | None = None,
    machine: Clock | None = None,
    kinds: Kinds | None = None,
    scale: float = 1.0,
    after_restore: timedelta | None = None,
) -> Bridge:
    """Everything of one process. Raises SettingError or RuleError for what must stop a start.

    `scale` shrinks every wait of ours, as a simulator's pace shrinks its vendor's. `after_restore`:
    the database comes from a backup; for how long to look before every create. `machine` is this
    machine's clock, and `clock` is what everything goes by, whatever the machine or the database say.
    """
    database = Database(loaded.settings.database_url)
    try:
        return _built(
            loaded,
            database,
            clock=clock or _clock(database, machine or SystemClock()),
            kinds=kinds or standard(),
            scale=scale,
            after_restore=after_restore,
        )
    except BaseException:
        database.close()
        raise


def _built(
    loaded: Loaded,
    database: Database,
    *,
    clock: Clock,
    kinds: Kinds,
    scale: float,
    after_restore: timedelta | None,
) -> Bridge:
    schema.upgrade(database)
    world, metrics = _world(loaded, database, clock, kinds, scale)
    _begin(database, world, now=clock.now())
    watch = _watch(world, after_restore)
    follower = _follower(loaded, world)
    duties = Duties(
        world=world,
        file=loaded.file,
        metrics=metrics,
        node=loaded.settings.node,
        watch=watch,
        follower=follower if loaded.file.rules.follow else None,
    )
    wire, bells = _bells(loaded, database)
    settings_watch = _settings_watch(loaded, world, metrics)
    worker = _worker(loaded, world, duties, bells, scale)
    if loaded.file.rules.follow:
        worker.look = settings_watch.look
    background = ThreadPoolExecutor(1, thread_name_prefix="bridge-alarm")
    return Bridge(
        loaded=loaded,
        database=database,
        clock=clock,
        world=world,
        metrics=metrics,
        scale=scale,
        writer=Writer(database, clock),
        worker=worker,
        watch=watch,
        follower=follower,
        settings_watch=settings_watch,
        wire=wire,
        background=background,
        faults=Faults(database, clock, background),
    )


def _begin(database: Database, world: World, *, now: datetime) -> None:
    """What a process that begins knows better than the database."""
    with database.transaction() as session:
        connection.register(session, world.connections, now=now)
        alarms.lift(session, settings_file.ALARM, text="a process began with it", now=now)
        if database.is_sqlite:  # the only process: whoever held a lease is gone
            inbox.free_leases(session)
            ordering.free_leases(session)
            backfills.free_leases(session, now=now)


def _settings_watch(loaded: Loaded, world: World, metrics: Metrics) -> SettingsWatch:
    settle = loaded.file.rules.settle
    return SettingsWatch(world=world, loaded=loaded, judge=connect, metrics=metrics, settle=settle)


def _follower(loaded: Loaded, world: World) -> Follower:
    """Knows what became of the folder at this start, and may follow it."""
    return Follower(
        world=world,
        folder=loaded.settings.mappings,
        settle=loaded.file.rules.settle,
        last=activate_folder(world, loaded),
    )


def _clock(database: Database, machine: Clock) -> Clock:
    """What many nodes compare is in the time of the one thing they share."""
    if database.is_sqlite:
        return machine

    def ask() -> datetime:
        with database.reading() as session:
            return database.now(session)

    return SharedClock(ask, machine)


def _bells(loaded: Loaded, database: Database) -> tuple[Wire | None, Bells]:
    """What a commit rings, here and at other nodes."""
    wire = None if database.is_sqlite else _wire(loaded, database)
    bells = Bells() if wire is None else Bells(wire.call)
    database.rung = bells.ring
    return wire, bells


def _wire(loaded: Loaded, database: Database) -> Wire:
    """Calls go through the pool; who listens needs the server itself."""
    settings = loaded.settings

    def send(payloads: Sequence[str]) -> None:
        with database.transaction() as session:
            for payload in payloads:
                session.execute(select(func.pg_notify(CHANNEL, payload)))

    return Wire(node=settings.node, send=send, url=settings.listening())


def _watch(world: World, after_restore: timedelta | None) -> Watch:
    """What a restored database lacks; also when another node, or an earlier start, noted it."""
    now = world.clock.now()
    with world.database.transaction() as session:
        if after_restore is not None:
            restore.begin_watch(session, lasts=after_restore, now=now)
        gap = restore.current(session, now=now)
    if gap:
        log.warning("restore.watching", since=gap.since, until=gap.until, ends=gap.watched_until)
    return Watch(gap=gap)


def connect(loaded: Loaded) -> Connections:
    """Every configured connection, its settings judged by its connector. Makes no call."""
    found = {connector.name: connector for connector in CONNECTORS}
    made = connections(
        loaded.file.connections,
        models={name: connector.settings for name, connector in found.items()},
        document=loaded.document,
    )
    for name, settings in made.items():
        validate = found[settings.system].validate
        if validate is not None:
            _validate(name, validate, settings)
    channels = {
        name: getattr(one, "channels", {}) for name, one in made.items() if one.system == "teams"
    }
    lost = list(nowhere(loaded.file.alarms, channels))
    if lost:
        raise SettingError("\n".join(lost))
    return {
        name: Connected(name=name, connector=found[settings.system], settings=settings)
        for name, settings in made.items()
    }


def activate_folder(world: World, loaded: Loaded) -> Proposed:
    """Take the folder's mappings if they were never there before and are without fault.

    A folder with a fault stops the start, unless a set is active already: that one stays.
    """
    try:
        files = read_folder(loaded.settings.mappings)
    except RuleError as error:
        found = refuse(world, [str(error)], kind=START)
    else:
        found = propose(world, files, by="start-up", kind=START)
    if found.verdict is Verdict.REFUSED and found.active is None:
        raise RuleError("\n".join(found.faults))
    return found


def _validate(
    name: str, validate: Callable[[ConnectionSettings], None], settings: ConnectionSettings
) -> None:
    try:
        validate(settings)
    except SettingError as error:
        raise SettingError(f"connections.{name}: {error}") from None


def _world(
    loaded: Loaded, database: Database, clock: Clock, kinds: Kinds, scale: float
) -> tuple[World, Metrics]:
    linked = connect(loaded)
    known = actions()
    metrics = Metrics()
    systems: Mapping[str, str] = {name: one.system for name, one in linked.items()}
    world = World(
        database=database,
        clock=clock,
        kinds=kinds,
        actions=known,
        connections=linked,
        sets=Sets(
            kinds=kinds,
            actions=known,
            systems=systems,
            calendars=calendars(loaded.file.calendars),
        ),
        alarms=Alarms(lower=alarms.lower, lift=alarms.lift),
        metrics=metrics,
        public_url=loaded.settings.public_url,
        scale=scale,
        usual_caps=loaded.file.usual_caps,
    )
    return world, metrics


def _worker(loaded: Loaded, world: World, duties: Duties, bells: Bells, scale: float) -> Worker:
    clockwork = duties.clockwork(not_ready=lambda: worker.not_ready)
    hooks = Hooks(
        lock=lambda session, ends: lock_concerned(session, world, ends),
        finished=lambda session, delivery: finished(session, world, delivery),
        news=news(world),
        tried=duties.metrics.tried,
        held=lambda session, hold, row: tell_held(session, world, hold, row, now=world.clock.now()),
        let_go=lambda session, hold: lift_held(session, world, hold, now=world.clock.now()),
        joined=duties.metrics.delivered,
    )
    dispatcher = Dispatcher(
        database=world.database,
        clock=world.clock,
        connections=world.connections,
        actions=world.actions,
        policy=Policy(scale=scale),
        hooks=hooks,
        node=loaded.settings.node,
        random=random.Random(),  # noqa: S311  (jitter)
        watch=duties.watch,
        held=world.held,
        budgets=keep_within(
            world.connections,
            world.database,
            world.clock,
            node=loaded.settings.node,
            scale=scale,
        ),
        still=Judge(world),
        naming=Names(world),
    )
    worker = Worker(
        intake=Intake(world=world, pulse=dispatcher.pulse, scale=scale),
        dispatcher=dispatcher,
        chores=Chores.asking(world, dispatcher.pulse, scale=scale, drift=loaded.file.drift),
        clockwork=clockwork,
        backfilling=Backfilling(world=world, pulse=dispatcher.pulse, scale=scale),
        gauges=lambda: duties.refresh_gauges(leads=clockwork.leads),
        bells=bells,
        threads=loaded.settings.workers,
    )
    return worker
