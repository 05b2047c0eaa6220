"""What both ends of the story's pairs must show once it is told, as the simulators hold it."""

from collections.abc import Iterator

from bridge.demo.agreeing import (
    CONTESTED,
    FILE,
    REFUSED,
    SAID_HERE,
    SAID_THERE,
    SHARED,
    Pair,
)
from bridge.demo.stage import Stage
from bridge.demo.story import Played

Expected = tuple[str, int, int]  # what, how often it should be there, how often it is


def agreed(stage: Stage, played: Played) -> list[Expected]:
    """One line for each thing that must have crossed."""
    made = [issue["fields"]["summary"] for issue in stage.jira.issues()]
    return [
        *(line for title in (SHARED, CONTESTED) for line in _fields(stage, played, title)),
        *_said(stage, Pair.of(stage, played, SHARED)),
        *((f"issue for {title!r}", 1, made.count(title)) for title in REFUSED),
    ]


def _fields(stage: Stage, played: Played, title: str) -> Iterator[Expected]:
    pair = Pair.of(stage, played, title)
    case, issue = stage.salesforce.record("Case", pair.case), stage.jira.issue(pair.key)["fields"]
    working = (case["Status"], issue["status"]["name"]) == ("Working", "In Progress")
    yield f"status of {title!r} at both ends", 1, int(working)
    same = case["Promised_Date__c"] == issue["duedate"] == str(pair.day(played.promised[title]))
    yield f"day of {title!r} at both ends", 1, int(same)


def _said(stage: Stage, pair: Pair) -> Iterator[Expected]:
    here = [one["CommentBody"] for one in stage.salesforce.case_comments(pair.case)]
    there = [one["body"] for one in stage.jira.comments(pair.key)]
    files = stage.salesforce.records("ContentVersion")
    yield "comment of Jira on the case", 1, sum(SAID_THERE in text for text in here)
    yield "comment of the case in Jira", 1, sum(SAID_HERE in text for text in there)
    mine = [one["PathOnClient"] for one in files if one["FirstPublishLocationId"] == pair.case]
    yield "file of Jira on the case", 1, mine.count(FILE)
