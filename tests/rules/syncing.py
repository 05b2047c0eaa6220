"""A sync between the shipped sources, in one place so that a test may change one word of it."""

from collections.abc import Mapping
from pathlib import Path

from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.rules.check import findings
from bridge.rules.folder import read_folder
from bridge.rules.loader import load
from bridge.rules.problem import MappingProblems
from bridge.rules.ruleset import RuleSet
from bridge.rules.sync import Sync

CONNECTIONS = {"jira": "jira", "salesforce": "salesforce", "teams": "teams"}
SOURCES = {
    name: text
    for name, text in read_folder(Path(__file__).parents[2] / "mappings").items()
    if name.startswith("sources/")
}
PAIR = "{salesforce: title, jira: title, owner: latest}"
SYNC = """\
version: 1
maps:
  urgency: {critical: Highest, high: High, medium: Medium, low: Low}
  many: {critical: Highest, high: High, medium: Medium, low: Medium}
  few: {critical: Highest, high: High, medium: Medium}
syncs:
  - id: case-and-issue
    description: A case and its issue say the same.
    between: [customer-feedback, engineering-work]
    roles: [task]
    fields:
      - PAIR
"""


def text(pair: str = PAIR, *, more: str = "") -> str:
    """The file with this pair, and these lines beside the roles."""
    return SYNC.replace("PAIR", pair).replace("    roles:", f"{more}    roles:")


def loaded(*files: str, sources: Mapping[str, str] = SOURCES) -> RuleSet:
    """The shipped sources with these files of syncs."""
    found = {f"syncs/{number}.yaml": one for number, one in enumerate(files)}
    return load({**sources, **found}, kinds=standard(), actions=actions(), connections=CONNECTIONS)


def sync(pair: str = PAIR, *, more: str = "") -> Sync:
    return loaded(text(pair, more=more)).syncs[0]


def problems(*files: str, sources: Mapping[str, str] = SOURCES) -> list[str]:
    try:
        loaded(*files, sources=sources)
    except MappingProblems as error:
        return [str(problem) for problem in error.problems]
    return []


def reviewed(
    files: Mapping[str, str], sync: str, *, sources: Mapping[str, str] = SOURCES
) -> list[str]:
    """All that a check finds in these files beside a sync."""
    found = findings(
        {**sources, **files, "syncs/0.yaml": sync},
        kinds=standard(), actions=actions(), connections=CONNECTIONS,
    )  # fmt: skip
    return [str(one) for one in found]
