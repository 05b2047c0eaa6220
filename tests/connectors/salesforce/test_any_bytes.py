"""Whatever comes in is let in or refused, translated or bad, and never an error of ours."""

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.connectors.contract import Message, Translation
from bridge.connectors.salesforce.inbound import acknowledge, dedupe_key, translate, verify
from bridge.errors import Malformed, Unverified
from clocks import START
from connectors.salesforce.org import ORGANIZATION, PATH_SECRET, callout, sample, settings_of
from properties import SHARING

LET_THE_FIXTURE_BE = settings(suppress_health_check=SHARING)
SOAP = sample("outbound_message__two_cases.xml")
NAMES = ["object", "record", "records", "act", "id", "Id", "attributes", "type", "data", "payload"]
MORE = ["ChangeEventHeader", "recordIds", "entityName", "changeType", "commitTimestamp", "Status"]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["Case", "created", "500Wq00000KfLmN", "UPDATE", "2026-11-23T08:41:07Z"])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES + MORE) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=20,
)


def read(message: Message) -> Translation | None:
    """The whole way in; `None` for a message that is refused or bad."""
    org = settings_of()
    assert len(dedupe_key(org, message)) == 64
    assert acknowledge(org, message).status in {200, 202}
    try:
        verify(org, message, START)
        return translate(org, message)
    except (Unverified, Malformed):
        return None


@LET_THE_FIXTURE_BE
@given(st.binary(), st.sampled_from(["", "text/xml", "application/json", "\udcff"]))
def test_any_bytes(body: bytes, content_type: str) -> None:
    headers = {"content-type": content_type}
    message = Message(
        connection="salesforce",
        headers=headers,
        body=body,
        received_at=START,
        path_secret=PATH_SECRET,
    )

    assert read(message) is None
    signed = read(callout(body, START, headers=headers))
    assert signed is None or signed.event_type.startswith("salesforce.")


@LET_THE_FIXTURE_BE
@given(st.binary(max_size=30), st.integers(0, len(SOAP)), st.integers(0, 40))
def test_a_message_with_some_bytes_put_in_or_taken_out(
    patch: bytes, start: int, length: int
) -> None:
    body = SOAP[:start] + patch + SOAP[start + length :]
    message = Message(
        connection="salesforce",
        headers={"content-type": "text/xml"},
        body=body,
        received_at=START,
        path_secret=PATH_SECRET,
    )

    found = read(message)

    assert found is None or ORGANIZATION[:15].encode() in body


@LET_THE_FIXTURE_BE
@given(JSON)
def test_any_json_value(value: object) -> None:
    try:
        body = orjson.dumps(value)
    except TypeError:  # an integer or a text that JSON of ours does not hold
        return

    found = read(callout(body, START))

    assert found is None or bool(found.snapshots) is not bool(found.ignored)
