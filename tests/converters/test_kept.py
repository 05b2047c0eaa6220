"""What the simulated vendors hand back after a write says the same as what was written."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.jira.simulator import text as jira_text
from bridge.connectors.jira.wiki import long_text
from bridge.connectors.salesforce.payloads import FieldDescribe
from bridge.connectors.salesforce.simulator.schema import Field, Type
from bridge.connectors.salesforce.simulator.value import kept
from bridge.connectors.salesforce.values import converted
from bridge.converters.amounts import Number
from bridge.converters.contract import Converter
from bridge.converters.dates import Date, Moment
from bridge.converters.plain import Line
from bridge.converters.rich_text import PlainText, RichText
from bridge.rules.reading import coerce
from converters.trees import SOURCES
from converters.trips import CASE, ISSUE, to_jira, to_salesforce

TEXTS = SOURCES.filter(str.strip)
LONG = Field(name="Note__c", type=Type.TEXTAREA, length=32_000)
RICH = Field(name="Story__c", type=Type.TEXTAREA, length=32_768, html=True)


def at_salesforce(field: Field, value: Any) -> Any:
    """The value as our action sends it, the org keeps it, and a record shows it in our words."""
    describe = FieldDescribe(name=field.name, type=field.type.value, length=field.length)
    shown = kept(field, converted(describe, value))
    if isinstance(shown, date) and not isinstance(shown, datetime):
        shown = datetime.combine(shown, time(), UTC)
    return coerce(shown, datetime if isinstance(shown, datetime) else type(shown))


@pytest.mark.parametrize(
    ("converter", "field"), [(PlainText(), LONG), (RichText(), RICH)], ids=["plain", "rich"]
)
@given(source=TEXTS)
def test_text_that_an_org_has_kept_says_what_was_written(
    converter: PlainText, field: Field, source: str
) -> None:
    written = converter(source, to_salesforce())

    shown = at_salesforce(field, written)

    assert converter.normal(shown or "", CASE) == converter.normal(written, CASE)
    if shown:
        assert converter(shown, to_jira()) == converter(written, to_jira())


@pytest.mark.parametrize("converter", [PlainText(), RichText()], ids=["plain", "rich"])
@given(source=TEXTS)
def test_text_that_an_issue_has_kept_says_what_was_written(
    converter: PlainText, source: str
) -> None:
    written = converter(source, to_jira())

    shown = jira_text.wiki(long_text(written, markup="wiki"), "2")

    assert converter.normal(shown, ISSUE) == converter.normal(written, ISSUE)


@pytest.mark.parametrize(
    ("converter", "field", "value"),
    [
        (Line(), Field(name="Subject", length=255), " Export\nloses rows "),
        (Date(), Field(name="Promised__c", type=Type.DATE), "2026-12-01T00:00:00Z"),
        (Moment(), Field(name="Seen__c", type=Type.DATETIME), "2026-12-01T10:00:00.750+01:00"),
        (Number(), Field(name="CSAT__c", type=Type.DOUBLE), "4.50"),
    ],
    ids=["line", "date", "moment", "number"],
)
def test_a_value_that_an_org_has_kept_is_the_one_that_was_written(
    converter: Converter, field: Field, value: str
) -> None:
    written = converter(value, to_salesforce())

    assert converter.normal(at_salesforce(field, written), CASE) == converter.normal(value, ISSUE)


@given(st.sampled_from(["'", '"', "<", "&", "é"]), TEXTS)
def test_entities_of_the_editor_are_no_change(sign: str, source: str) -> None:
    written = RichText()(f"{sign}{source}", to_salesforce())

    assert RichText().normal(at_salesforce(RICH, written), CASE) == written
