"""A case with an issue at each kind of Jira, stepped by hand: comments and files go everywhere, for everybody to see.

Nothing runs by itself here (`agreement.world`), so that a test says what comes before what.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from sqlalchemy import select

from agreement import world as worlds
from agreement.deeds import Pair
from agreement.people import People
from agreement.wire import Line
from agreement.world import World
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.outbox.tables import DeliveryRow

PRODUCTS = {"jira": "Router", "jira-dc": "Switch"}
COMMENTS = "{public: true, unmarked: public}"
FILES = "{max: 1MB, types: [text/plain, image/*]}"
SEARCHES = 700.0  # seconds in which each search has come round
NAMES = ("account_id", "user_id")  # settings that say which account is ours


def mappings(folder: Path, comments: str = COMMENTS) -> Path:
    """Those of the agreement, with comments and files under these words, and cases searched more often."""
    shutil.copytree(worlds.MAPPINGS, folder)
    cases = folder / "sources" / "salesforce.yaml"
    often = cases.read_text("utf-8").replace("every: 15m, untold", "every: 5m, untold")
    cases.write_text(often, "utf-8")
    syncs = folder / "syncs" / "pairs.yaml"
    said = syncs.read_text("utf-8")
    for words, told in (("comments", comments), ("attachments", FILES)):
        said = re.sub(rf"(?m)^    {words}: .*$", f"    {words}: {told}", said)
    syncs.write_text(said, "utf-8")
    return folder


@dataclass(kw_only=True)
class Forum:
    """`pairs`: by the connection of the Jira where the case's issue is."""

    world: World
    pairs: dict[str, Pair] = field(default_factory=dict)

    def __post_init__(self) -> None:
        people = People(world=self.world)
        self.pairs = {site: people.open_case(word, "high") for site, word in PRODUCTS.items()}
        self.world.wait(300.0)

    def site(self, name: str) -> JiraSimulator:
        return self.world.there.sites[name]

    def key(self, name: str) -> str:
        """The issue's."""
        found = People(world=self.world).issue(self.pairs[name])
        assert found is not None
        return str(found["key"])

    def on_case(self, name: str) -> list[str]:
        """What the case says, oldest first, without the heads of copies and our marks."""
        said = self.world.there.org.case_comments(self.pairs[name].case)
        return [_text(str(one["CommentBody"]).partition("[bridge ")[0]) for one in said]

    def heads_on_case(self, name: str) -> list[str]:
        """What the copies on a case begin with."""
        said = self.world.there.org.case_comments(self.pairs[name].case)
        return [str(one["CommentBody"]).splitlines()[0] for one in said]

    def on_issue(self, name: str) -> list[str]:
        return [_text(str(one["body"])) for one in self.site(name).comments(self.key(name))]

    def files_on_case(self, name: str) -> list[tuple[str, bytes]]:
        org = self.world.there.org
        rows = org.records("ContentVersion")
        mine = [one for one in rows if one["FirstPublishLocationId"] == self.pairs[name].case]
        return sorted((str(one["PathOnClient"]), org.org.files[str(one["Id"])]) for one in mine)

    def files_on_issue(self, name: str) -> list[tuple[str, bytes]]:
        issue = self.site(name).site.state.issue(self.key(name))
        return sorted((one.name, one.content) for one in issue.attachments.values())

    def owed(self) -> list[tuple[str, str]]:
        """Steps and states of all that was owed for what is said, in their order."""
        return [(row.step, row.state) for row in self.rows()]

    def rows(self) -> list[DeliveryRow]:
        talk = DeliveryRow.rule.startswith("comments:") | DeliveryRow.rule.startswith(
            "attachments:"
        )
        query = select(DeliveryRow).where(talk).order_by(DeliveryRow.seq)
        with self.world.running.database.reading() as session:
            return list(session.scalars(query))

    def forget_our_names(self) -> None:
        """From now on no setting says which account is ours."""
        file = self.world.folder / "bridge.yaml"
        told = yaml.safe_load(file.read_text("utf-8"))
        for one in told["connections"].values():
            for name in NAMES:
                one.pop(name, None)
        file.write_text(yaml.safe_dump(told), "utf-8")
        self.world.down()
        self.world.up()


@contextmanager
def forum(folder: Path, url: str, line: Line, comments: str = COMMENTS) -> Iterator[Forum]:
    home = folder / "home"
    home.mkdir()
    world = World(folder=home, url=url, line=line, mappings=mappings(folder / "said", comments))
    try:
        yield Forum(world=world)
    finally:
        world.close()


def _text(body: str) -> str:
    said = body.replace("\r\n", "\n")
    return (said.partition(" UTC:\n\n")[2] or said).strip()
