"""Every sample translates to what its golden file says."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bridge.connectors.contract import Message, Translation
from bridge.connectors.salesforce import CONNECTOR
from bridge.connectors.salesforce.settings import SalesforceSettings
from clocks import START
from connectors.salesforce.org import SAMPLES, callout, outbound
from golden import assert_golden

FILES = sorted(path for path in SAMPLES.iterdir() if path.suffix in {".xml", ".json"})
GOLDEN = Path(__file__).parent / "golden"


def message_of(path: Path) -> Message:
    make = outbound if path.suffix == ".xml" else callout
    return make(path.read_bytes(), START)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_sample_becomes_these_snapshots(path: Path, settings: SalesforceSettings) -> None:
    assert CONNECTOR.inbound is not None

    translation = CONNECTOR.inbound.translate(settings, message_of(path))

    shown = TypeAdapter(Translation).dump_python(translation, mode="json")
    assert_golden(GOLDEN / f"{path.stem}.snapshots.json", shown)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_sample_is_admitted_and_translates_the_same_twice(
    path: Path, settings: SalesforceSettings
) -> None:
    assert CONNECTOR.inbound is not None
    message = message_of(path)

    CONNECTOR.inbound.verify(settings, message, START)

    assert CONNECTOR.inbound.translate(settings, message) == CONNECTOR.inbound.translate(
        settings, message
    )
    assert CONNECTOR.inbound.dedupe_key(settings, message)
