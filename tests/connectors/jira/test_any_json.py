"""Whatever an admitted sender sends is translated, ignored with a reason, or bad; never an error."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.contract import Translation
from bridge.connectors.jira.catalogue import IGNORED
from bridge.connectors.jira.inbound import HANDLERS, translate
from bridge.errors import Malformed
from connectors.jira.harbour import SAMPLES, sample, settings_of, unsigned

EVENTS = [*HANDLERS, *IGNORED, "something_new"]
NAMES = [
    *("webhookEvent", "timestamp", "user", "issue", "changelog", "comment", "version", "sprint"),
    *("project", "mergedTo", "id", "key", "fields", "items", "field", "fieldId", "from", "to"),
    *("fromString", "toString", "updated", "created", "self", "author", "jsdPublic", "visibility"),
    *("accountId", "name", "issueId", "issueKey", "eventId", "labels", "Sprint", "status"),
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from([*EVENTS, "2026-11-19T10:30:45.120+0100", "0001-01-01T00:00:00+1400"])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=25,
)
STEMS = sorted(path.stem for path in SAMPLES.glob("*.json"))


def read(body: bytes) -> Translation | None:
    """`None` for a message that is bad."""
    try:
        return translate(settings_of(), unsigned(body))
    except Malformed:
        return None


def explains_itself(found: Translation | None) -> bool:
    return found is None or bool(found.snapshots) is not bool(found.ignored)


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    assert explains_itself(read(body))


@given(JSON)
def test_any_json(value: Any) -> None:
    assert explains_itself(read(orjson.dumps(value)))


@given(st.sampled_from(EVENTS), st.dictionaries(st.sampled_from(NAMES), JSON))
def test_any_json_under_a_known_event(event: str, value: dict[str, Any]) -> None:
    assert explains_itself(read(orjson.dumps({**value, "webhookEvent": event})))


@given(st.sampled_from(STEMS), st.data())
def test_a_sample_with_one_value_put_in(stem: str, data: st.DataObject) -> None:
    payload = sample(stem)
    place = payload
    while True:
        name = data.draw(st.sampled_from(sorted(place)))
        inner = place[name]
        if not isinstance(inner, dict) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[name] = data.draw(JSON)

    assert explains_itself(read(orjson.dumps(payload)))


@pytest.mark.parametrize("event", [{}, None, 7, [], True, 1.5])
def test_an_event_that_is_no_text_is_bad(event: object) -> None:
    with pytest.raises(Malformed, match="webhookEvent"):
        translate(settings_of(), unsigned(orjson.dumps({"webhookEvent": event})))


def test_an_error_names_the_place_and_never_the_value() -> None:
    body = {"webhookEvent": "comment_created", "comment": "my private words"}

    with pytest.raises(Malformed) as caught:
        translate(settings_of(), unsigned(body))

    assert "comment" in str(caught.value)
    assert "private" not in str(caught.value)


def test_an_empty_body_says_what_to_change_in_jira() -> None:
    with pytest.raises(Malformed, match="Exclude body"):
        translate(settings_of(), unsigned(b""))


@pytest.mark.parametrize("event", sorted(IGNORED))
def test_events_about_other_things_are_ignored_with_a_reason(event: str) -> None:
    found = translate(settings_of(), unsigned({"webhookEvent": event}))

    assert found.snapshots == ()
    assert found.ignored == IGNORED[event]
