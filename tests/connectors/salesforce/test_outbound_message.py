"""The way in for SOAP Outbound Messages: who is let in, what is refused, what is answered."""

import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from bridge.canonical.event import Act
from bridge.connectors.salesforce.inbound import acknowledge, dedupe_key, translate, verify
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.connectors.salesforce.soap import document
from bridge.errors import Malformed, Unconfigured, Unverified
from clocks import START
from connectors.salesforce.org import (
    NEXT_PATH_SECRET,
    many_notifications,
    outbound,
    sample,
    settings_of,
)

TWO = sample("outbound_message__two_cases.xml")
BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><x>&c;</x>"""
QUADRATIC = b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 50_000 + b'">]><x>' + b"&a;" * 1_000 + b"</x>"
EXTERNAL = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
DTD = b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>'
UNDEFINED = b"<x>&nothing;</x>"
DEEP = b"<x>" * 100_000
WIDE = b"<x>" + b"<y/>" * 200_000 + b"</x>"
STRANGE = [b"", b"<", b"<x/>", b"\xff\xfe\x00", b"<?xml version='1.0' encoding='utf-7'?><x/>"]


def test_a_message_of_our_org_with_the_urls_secret_is_let_in(
    settings: SalesforceSettings,
) -> None:
    verify(settings, outbound(TWO, START), START)
    verify(settings, outbound(TWO, START, path_secret=NEXT_PATH_SECRET), START)

    assert translate(settings, outbound(TWO, START)).event_type == "salesforce.outbound_message"


@pytest.mark.parametrize("secret", [None, "", "path-secret", "path-secret-11", "\udcff", "é"])
def test_a_wrong_secret_in_the_url_is_refused(
    settings: SalesforceSettings, secret: str | None
) -> None:
    with pytest.raises(Unverified, match="secret segment"):
        verify(settings, outbound(TWO, START, path_secret=secret), START)


def test_another_org_is_refused_although_it_knows_the_secret(settings: SalesforceSettings) -> None:
    body = TWO.replace(b"00DWq000001AbCdMAK", b"00DWq000001ABCDMAK")

    with pytest.raises(Unverified, match="another org"):
        verify(settings, outbound(body, START), START)


def test_an_org_id_of_15_characters_is_the_same_org(settings: SalesforceSettings) -> None:
    body = TWO.replace(b"00DWq000001AbCdMAK", b"00DWq000001AbCd")

    verify(settings, outbound(body, START), START)

    assert dedupe_key(settings, outbound(body, START)) == dedupe_key(settings, outbound(TWO, START))


def test_without_a_secret_the_endpoint_is_closed_by_our_fault(
    monkeypatch: pytest.MonkeyPatch, settings: SalesforceSettings
) -> None:
    unset = settings_of(webhook={})
    with pytest.raises(Unconfigured):
        verify(unset, outbound(TWO, START), START)

    monkeypatch.delenv("SF_PATH_NEXT")
    verify(settings, outbound(TWO, START), START)
    with pytest.raises(Unconfigured):
        verify(settings, outbound(TWO, START, path_secret="wrong"), START)


@pytest.mark.parametrize(
    "body",
    [BOMB, QUADRATIC, EXTERNAL, DTD, UNDEFINED, DEEP, WIDE, *STRANGE],
    ids=["bomb", "quadratic", "external", "dtd", "undefined", "deep", "wide", *"abcde"],
)
def test_more_than_plain_xml_is_refused_and_never_read(
    settings: SalesforceSettings, body: bytes
) -> None:
    with pytest.raises(Unverified):
        verify(settings, outbound(body, START), START)
    with pytest.raises(Malformed):
        translate(settings, outbound(body, START))
    assert dedupe_key(settings, outbound(body, START))


def test_a_doctype_inside_a_genuine_message_is_refused(settings: SalesforceSettings) -> None:
    body = TWO.replace(b"<soapenv:Envelope", b"<!DOCTYPE e><soapenv:Envelope", 1)

    with pytest.raises(Unverified, match="DTD"):
        verify(settings, outbound(body, START), START)


def test_a_hundred_notifications_are_taken_and_one_more_is_not(
    settings: SalesforceSettings,
) -> None:
    assert len(translate(settings, outbound(many_notifications(100), START)).snapshots) == 100
    for count in (0, 101):
        message = outbound(many_notifications(count), START)
        verify(settings, message, START)
        with pytest.raises(Malformed, match=f"{count} notifications"):
            translate(settings, message)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b' xsi:type="sf:Case"', b""),
        (b' xsi:type="sf:Case"', b' xsi:type="nowhere:Case"'),
        (b"500Wq00000KfLmNIAV", b"//evil.example/x"),
        (b"04lWq0000004KkLIAU", b""),
        (b"2026-11-23T08:41:07.000Z", b"yesterday"),
        (b"http://soap.sforce.com/2005/09/outbound", b"urn:other"),
        (b":Body>", b":Head>"),
    ],
)
def test_a_message_of_another_shape_is_bad(
    settings: SalesforceSettings, old: bytes, new: bytes
) -> None:
    with pytest.raises(Malformed):
        translate(settings, outbound(TWO.replace(old, new), START))


def test_nothing_but_the_envelope_with_ack_counts_as_a_yes(settings: SalesforceSettings) -> None:
    answer = acknowledge(settings, outbound(TWO, START))

    assert (answer.status, answer.content_type) == (200, "text/xml; charset=utf-8")
    ack = ET.fromstring(answer.body).find(  # noqa: S314  (our own text)
        "./{http://schemas.xmlsoap.org/soap/envelope/}Body"
        "/{http://soap.sforce.com/2005/09/outbound}notificationsResponse"
        "/{http://soap.sforce.com/2005/09/outbound}Ack"
    )
    assert ack is not None
    assert ack.text == "true"


def test_a_retry_has_the_same_key_although_it_carries_newer_values(
    settings: SalesforceSettings,
) -> None:
    retry = TWO.replace(b"Escalated", b"Closed").replace(b"08:41:07", b"08:45:00")
    other = re.sub(rb"04lWq0000004KkM", b"04lWq0000004KkZ", TWO)
    key = dedupe_key(settings, outbound(TWO, START))

    assert dedupe_key(settings, outbound(retry, START + timedelta(minutes=5))) == key
    assert dedupe_key(settings, outbound(other, START)) != key


def test_a_record_that_is_gone_shows_its_ref_and_nothing_else(
    settings: SalesforceSettings,
) -> None:
    body = sample("outbound_message__deleted_record.xml")

    (snapshot,) = translate(settings, outbound(body, START)).snapshots

    assert (snapshot.act, snapshot.fields, snapshot.complete) == (Act.SEEN, {}, False)


def test_a_message_about_nothing_but_gone_records_is_ignored_on_purpose(
    settings: SalesforceSettings,
) -> None:
    body = sample("outbound_message__deleted_record.xml")
    bare = re.sub(rb"<sf:Id>.*</sf:Id>", b"", body)

    translation = translate(settings, outbound(bare, START))

    assert translation.snapshots == ()
    assert "deleted" in translation.ignored


def test_our_own_user_is_an_app_and_proves_no_echo(settings: SalesforceSettings) -> None:
    snapshot = translate(settings, outbound(TWO, START)).snapshots[0]

    assert snapshot.actor is not None
    assert snapshot.actor.kind == "app"
    assert snapshot.own is False


@pytest.mark.parametrize("body", [b"<x>" * 17 + b"</x>" * 17, WIDE])
def test_xml_that_is_well_formed_and_too_deep_or_too_wide_is_not_built(body: bytes) -> None:
    with pytest.raises(Malformed, match="deeper than"):
        document(body)


def test_the_order_of_notifications_makes_no_other_key(settings: SalesforceSettings) -> None:
    first, second = b"04lWq0000004KkLIAU", b"04lWq0000004KkMIAU"
    swapped = TWO.replace(first, b"!").replace(second, first).replace(b"!", second)

    keys = {dedupe_key(settings, outbound(body, START)) for body in (TWO, swapped)}

    assert len(keys) == 1
