"""`bridge demo`: play the story, show the sync log as it fills, and say how it went."""

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from sqlalchemy import select

from bridge.connectors.jira.simulator import Flavour
from bridge.demo.agreeing import SYNC, agree, ask
from bridge.demo.faults import disturb
from bridge.demo.simulators import CHANNELS, Simulators
from bridge.demo.stage import Stage
from bridge.demo.story import Played, Say, Wait, play
from bridge.demo.tally import Tally, tally
from bridge.ledger.store import records
from bridge.outbox.tables import OPEN, DeliveryRow

PATIENCE = 60.0  # seconds for one act to be quiet
QUIET_LOOKS = 4  # in a row, so that what is between two places is not missed
LOOK_SECONDS = 0.25


class Screen:
    """Prints each delivery once it has ended, and again when a replay gave it another end."""

    def __init__(self, stage: Stage, console: Console) -> None:
        self._stage, self._console = stage, console
        self._shown: set[tuple[str, str]] = set()  # its id, and how it had ended

    def say(self, text: str) -> None:
        self._console.print(f"\n[bold]{text}[/bold]")

    def refresh(self) -> None:
        query = select(DeliveryRow).where(DeliveryRow.state.not_in(OPEN)).order_by(DeliveryRow.seq)
        with self._stage.bridge.database.reading() as session:
            rows = [row for row in session.scalars(query) if (row.id, row.state) not in self._shown]
            refs = {ref for row in rows for ref in (row.subject, row.target_ref) if ref}
            keys = {ref: row.key for ref, row in records(session, sorted(refs)).items() if row.key}
        for row in rows:
            self._shown.add((row.id, row.state))
            tries = f" after {row.tries} tries" if row.tries > 1 else ""
            self._console.print(
                f"  {row.state:<10} {row.action:<25} {_way(row, keys):<22} {row.rule}{tries}",
                highlight=False,
                soft_wrap=True,
            )


def _way(row: DeliveryRow, keys: Mapping[str, str]) -> str:
    """From what to what, in the words people use: `00001001 → ENG-1`. Alerts are told together."""
    about = keys.get(row.subject, row.subject if row.event_id else "alerts")
    there = keys.get(row.target_ref or "") or (row.result or {}).get("key") or row.target_ref
    return about if not there or there == about else f"{about} → {there}"


def demo(mappings: Path, *, once: bool, faults: bool, console: Console, port: int = 0) -> int:
    """The exit code: 0 if everything arrived once. Without `once`, stays up until Ctrl-C."""
    stage = Stage.up(mappings, port=port, more={"syncs/case-and-issue.yaml": SYNC})
    try:
        if faults:
            disturb(stage)
        screen = Screen(stage, console)
        played = tell(stage, lambda: wait(stage, screen.refresh), screen.say)
        found = tally(stage, played)
        _report(found, console)
        if not once:
            ask(stage, played, lambda: wait(stage, screen.refresh), screen.say)
            _stay(stage, console)
        print(found.line, flush=True)  # noqa: T201  (the last line is for programs)
        return 0 if found.good else 1
    finally:
        stage.close()


def tell(stage: Stage, waiting: Wait, say: Say) -> Played:
    """The whole story."""
    played = play(stage, waiting, say)
    agree(stage, played, waiting, say)
    return played


def wait(stage: Stage, meanwhile: Callable[[], None]) -> bool:
    """Until nothing is on its way any more; false if that took too long."""
    until = time.monotonic() + PATIENCE
    quiet = 0
    while quiet < QUIET_LOOKS and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        meanwhile()
        quiet = quiet + 1 if stage.quiet() else 0
    return quiet >= QUIET_LOOKS


def _report(found: Tally, console: Console) -> None:
    for what in found.missing:
        console.print(f"[red]missing: {what}[/red]")
    for what in found.twice:
        console.print(f"[red]twice: {what}[/red]")


def _stay(stage: Stage, console: Console) -> None:
    console.print(
        f"\nexport BRIDGE_URL={stage.url} BRIDGE_KEY={stage.key.token}"
        "\nthen, in another terminal: bridge status; bridge deliveries; bridge explain ENG-1;"
        "\nbridge drift; and decide on what waits for you: bridge holds\n"
        f"\nBridge      {stage.url}/api/openapi.json"
        f"\nJira        {stage.served[0].url}/_sim/state"
        f"\nSalesforce  {stage.served[1].url}/_sim/state"
        f"\nTeams       {stage.served[2].url}/_sim/\n\nCtrl-C ends it.",
        highlight=False,
        soft_wrap=True,
    )
    _until_ctrl_c(console)


def simulate(
    console: Console, *, folder: Path, bridge: str, port: int, scale: float, seed: int, flavour: str
) -> None:
    """Serve the simulators alone until Ctrl-C. `folder` gets the settings that reach them."""
    ports = (port, port + 1, port + 2) if port else (0, 0, 0)
    there = Simulators.up(seed=seed, scale=scale, ports=ports, flavour=Flavour(flavour))
    try:
        there.aim(bridge.rstrip("/"))
        folder.mkdir(parents=True, exist_ok=True)
        config = there.configure(folder)
        for name, url in zip(("Jira", "Salesforce", "Teams"), there.urls, strict=True):
            console.print(f"{name:<11} {url}   {url}/_sim/help", highlight=False)
        for name in CHANNELS:
            url = there.teams.url(name, there.urls[2])
            console.print(f"  {name:<12}{url}", soft_wrap=True, highlight=False)
        console.print(f"what happens is told to {bridge}", highlight=False)
        say = f"BRIDGE_CONFIG={config} bridge serve"
        console.print(f"a Bridge for them: {say}", soft_wrap=True, highlight=False)
        _until_ctrl_c(console)
    finally:
        there.close()


def _until_ctrl_c(console: Console) -> None:
    """Or until a SIGTERM. A shell that starts us in the background has told us to ignore Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print()
