"""The leader follows the mappings folder: what was changed there becomes active by itself, or is told.

It is looked at every two seconds, and read once nothing in it has moved for a while: an editor or a
checkout writes its files one after the other. What moved again while it was read is read again. A
set that fails its checks or tests never takes the place of the running one.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bridge.duties.stillness import Still
from bridge.errors import RuleError
from bridge.pipeline.ruleset.proposal import FOLLOW, Proposed, Verdict, propose, refuse, tell
from bridge.pipeline.world import World
from bridge.rules import store
from bridge.rules.folder import Fingerprint, fingerprint, read_folder

LOOK = timedelta(seconds=2)
Channels = tuple[tuple[str, ...], ...]
Judged = tuple[Fingerprint, str | None, Channels]  # what, and beside which active set and channels


@dataclass(kw_only=True)
class Follower:
    """One node's eye on its folder. `settle`: for how long it must lie still.

    `last`: what became of it when it was judged last, at the start at first.
    """

    world: World
    folder: Path
    settle: timedelta
    last: Proposed
    _disk: Still[Fingerprint] = field(init=False)
    _judged: Judged | None = None

    def __post_init__(self) -> None:
        self._disk = Still(show=lambda: fingerprint(self.folder), settle=self.settle)

    def look(self) -> Proposed | None:
        """One look; what became of the folder, if there was anything to judge."""
        seen = self._disk.at(self.world.clock.monotonic())
        if seen is None:
            return None
        with self.world.database.reading() as session:
            active = store.active_hash(session)
        channels = self._channels()
        if self._judged == (seen, active, channels):
            return None
        return self._judge(seen, channels)

    def _channels(self) -> Channels:
        """That the rules may post to: they may be taken after the rules that wait for them."""
        found = self.world.connections.items()
        return tuple((name, *getattr(one.settings, "channels", ())) for name, one in found)

    def _judge(self, seen: Fingerprint, channels: Channels) -> Proposed | None:
        faults: list[str] = []
        files: dict[str, str] = {}
        try:
            files = read_folder(self.folder)
        except RuleError as error:
            faults.append(str(error))
        if self._disk.moved():  # it is half of one set and half of another
            return None
        proposal = (
            refuse(self.world, faults, kind=FOLLOW)
            if faults
            else propose(self.world, files, by="folder", kind=FOLLOW)
        )
        was, self._judged = self._judged, (seen, proposal.active, channels)
        self.last = proposal
        if proposal.verdict is Verdict.KNOWN and was is not None and was[0] != seen:
            self._tell_known(proposal)
        return proposal

    def _tell_known(self, proposal: Proposed) -> None:
        """Somebody set the folder back, and may think that this is all it takes."""
        with self.world.database.transaction() as session:
            remedy = f"bridge rules activate {proposal.hash}, or bridge rules rollback"
            tell(session, self.world, proposal, remedy=remedy)
