"""Which comments and files may be, and must be, on the other side when everything has calmed down."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from agreement.deeds import JIRA, SALESFORCE, Pair, Said
from agreement.oracle import OTHER
from agreement.people import People

TOGETHER = timedelta(seconds=2)  # what Dana puts on an issue so close to another came with it
SHOWN = {"jira": False, "jira-dc": True}  # by site, as its sync says: whether customers see copies


@dataclass(frozen=True, kw_only=True)
class Copy:
    """What Bridge says, or has put there. `public`: whether customers see it, where it can be told."""

    text: str
    file: bool = False
    public: bool | None = None


def wrong_copies(people: People, pair: Pair) -> Iterator[str]:
    """What is on the other side and must not be, what is not and must be, and what is there twice."""
    ours = {JIRA: [*at_issue(people, pair)], SALESFORCE: [*at_case(people, pair)]}
    for said in pair.said:
        found = list(_of(said, ours[OTHER[said.side]]))
        yield from (f"{said.what} of {said.side} {wrong}" for wrong in _judged(pair, said, found))
        if any(_of(said, ours[said.side])):
            yield f"{said.what} of {said.side} came back to where it was said"


def note_copies(people: People, pair: Pair) -> None:
    """Which have crossed by now, and of which the copy is gone for good."""
    copies = {SALESFORCE: [*at_issue(people, pair)], JIRA: [*at_case(people, pair)]}
    for said in pair.said if not pair.buried else ():
        there = any(_of(said, copies[said.side]))
        said.over |= said.crossed and not there
        said.crossed |= there


def _of(said: Said, copies: Iterable[Copy]) -> Iterator[Copy]:
    return (one for one in copies if said.file == one.file and said.mark in one.text)


def _judged(pair: Pair, said: Said, found: list[Copy]) -> Iterator[str]:
    if len(found) > 1:
        yield f"is on the other side {len(found)} times"
    if found and said.over:
        yield "was taken back, and is on the other side again"
    if found and not said.shown:
        yield "was never public, and is on the other side"
    if any(one.public is not None and one.public != SHOWN[pair.site] for one in found):
        yield f"is shown to {'nobody' if SHOWN[pair.site] else 'customers'} there"
    if pair.buried or pair.apart:
        return
    if found and (said.gone or said.hidden):
        yield f"is {'gone' if said.gone else 'hidden'} by now, and still on the other side"
    beside = list(_came_with(pair, said))
    if found and _shaded(beside):
        yield "came with what few may read, and is still on the other side"
    if _must_be(said, beside) and not any(said.text in one.text for one in found):
        yield f"says {said.text!r}, and on the other side is {[one.text for one in found]}"


def at_issue(people: People, pair: Pair) -> Iterator[Copy]:
    """What is ours on the issue."""
    found, site = people.issue(pair), people.site(pair)
    if found is None:
        return
    bot = site.site.state.bot.display
    for said in site.comments(found["key"]):
        if said["author"]["displayName"] == bot:
            yield Copy(text=said["body"])
    for file in site.site.state.issue(found["key"]).attachments.values():
        if file.author.display == bot:
            yield Copy(text=f"{file.name} {file.content.decode()}", file=True)


def at_case(people: People, pair: Pair) -> Iterator[Copy]:
    """What is ours on the case."""
    org = people.world.there.org
    if SALESFORCE in pair.gone:
        return
    us = org.org.integration_user
    for said in org.case_comments(pair.case):
        if said["CreatedById"] == us:
            yield Copy(text=said["CommentBody"], public=said["IsPublished"])
    for row in org.records("ContentVersion"):
        if row["FirstPublishLocationId"] == pair.case and row["CreatedById"] == us:
            content = org.org.files[str(row["Id"])].decode()
            yield Copy(text=f"{row['PathOnClient']} {content}", file=True)


def _must_be(said: Said, beside: list[Said]) -> bool:
    """What was ever hidden is taken back for good, and so is what came with it."""
    hidden = said.ever or any(one.ever for one in beside)
    return said.shown and not (hidden or said.gone or said.spared)


def _came_with(pair: Pair, file: Said) -> Iterator[Said]:
    """The comments that a file on an issue is as hidden as. Dana has written all that is said there."""
    for one in pair.said if file.file and file.side == JIRA else ():
        if one.side == JIRA and not one.file and abs(one.at - file.at) <= TOGETHER:
            yield one


def _shaded(beside: list[Said]) -> bool:
    """Few may read any of these, and everybody none. What everybody could read when it went has left
    its file as it was."""
    there = [one for one in beside if not one.gone]
    gone = [one for one in beside if one.gone]
    return bool(there) and all(one.hidden for one in there) and not any(one.shown for one in gone)
