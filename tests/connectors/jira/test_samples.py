"""Every sample translates to what its golden file says."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bridge.connectors.contract import Translation
from bridge.connectors.jira.catalogue import (
    COMMENT_EVENTS,
    ISSUE_EVENTS,
    PROJECT_EVENTS,
    SPRINT_EVENTS,
    VERSION_EVENTS,
)
from bridge.connectors.jira.inbound import translate
from bridge.connectors.jira.settings import JiraSettings
from connectors.jira.harbour import SAMPLES, sample, signed
from golden import assert_golden

FILES = sorted(SAMPLES.glob("*.json"))
GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_sample_becomes_these_snapshots(path: Path, settings: JiraSettings) -> None:
    translation = translate(settings, signed(path.read_bytes()))

    shown = TypeAdapter(Translation).dump_python(translation, mode="json")
    assert_golden(GOLDEN / f"{path.stem}.snapshots.json", shown)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_sample_says_why_it_is_ignored_or_shows_something(
    path: Path, settings: JiraSettings
) -> None:
    translation = translate(settings, signed(path.read_bytes()))

    assert bool(translation.snapshots) is not bool(translation.ignored)


def test_every_handled_event_has_a_sample() -> None:
    handled = {
        *ISSUE_EVENTS,
        *COMMENT_EVENTS,
        *VERSION_EVENTS,
        *SPRINT_EVENTS,
        *PROJECT_EVENTS,
    }

    shown = {sample(path.stem).get("webhookEvent") for path in FILES}

    assert handled <= shown


def test_every_sample_names_its_documented_shape() -> None:
    sources = (SAMPLES / "SOURCES.md").read_text(encoding="utf-8")

    assert [path.stem for path in FILES if f"`{path.stem}`" not in sources] == []
