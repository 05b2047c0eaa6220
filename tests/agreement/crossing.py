"""Which comments may be, and must be, on the other side when everything has calmed down."""

from collections.abc import Iterator

from agreement.deeds import JIRA, SALESFORCE, Pair, Said
from agreement.people import People


def wrong_comments(people: People, pair: Pair) -> Iterator[str]:
    """What is on the other side and must not be, what is not and must be, and what is there twice."""
    copies = {SALESFORCE: at_issue(people, pair), JIRA: at_case(people, pair)}
    for said in pair.said:
        found = [body for body in copies[said.side] if said.mark in body]
        yield from _judged(pair, said, found)


def _judged(pair: Pair, said: Said, found: list[str]) -> Iterator[str]:
    what = f"the comment {said.mark} of {said.side}"
    if len(found) > 1:
        yield f"{what} is on the other side {len(found)} times"
    if found and not _ever_public(pair, said):
        yield f"{what} was never public, and is on the other side"
    if pair.buried:
        return
    if found and (said.gone or said.hidden):
        yield f"{what} is {'gone' if said.gone else 'hidden'} by now, and still on the other side"
    if _must_be(pair, said) and not any(said.text in body for body in found):
        yield f"{what} says {said.text!r}, and on the other side is {found or 'nothing'}"


def at_issue(people: People, pair: Pair) -> list[str]:
    """What Bridge says on the issue."""
    issue, site = people.issue(pair), people.site(pair)
    if issue is None:
        return []
    bot = site.site.state.bot.display
    said = site.comments(issue["key"])
    return [one["body"] for one in said if one["author"]["displayName"] == bot]


def at_case(people: People, pair: Pair) -> list[str]:
    """What Bridge says on the case. It shows nothing to customers, which would be said here too."""
    org = people.world.there.org
    if SALESFORCE in pair.gone:
        return []
    said = org.case_comments(pair.case)
    return [
        one["CommentBody"] if not one["IsPublished"] else f"{one['CommentBody']} " * 2
        for one in said
        if one["CreatedById"] == org.org.integration_user
    ]


def _ever_public(pair: Pair, said: Said) -> bool:
    """A Data Center does not say who may see a comment, so that none of its comments crosses."""
    return said.shown and (said.side == SALESFORCE or pair.site == "jira")


def _must_be(pair: Pair, said: Said) -> bool:
    return _ever_public(pair, said) and not (said.ever or said.gone)
