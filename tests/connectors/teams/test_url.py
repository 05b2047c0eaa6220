"""A channel's Workflows URL: what is let through, and that nothing of it is ever told."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.teams.url import MAX_URL_CHARS, address
from bridge.errors import SettingError

HOST = "default0a1b2c3d4e5f60718293a4b5c6d7e8.9f.environment.api.powerplatform.com"
PATH = "/powerautomate/automations/direct/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke"
QUERY = "api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=SeCrEt_SiGnAtUrE"
GOOD = f"https://{HOST}:443{PATH}?{QUERY}"


@pytest.mark.parametrize(
    "url",
    [
        GOOD,
        GOOD.replace(":443", ""),
        GOOD.replace("direct/workflows", "direct/cu/12/workflows"),
        GOOD.replace("default", "Default"),
        GOOD.replace("%2F", "%2f"),
    ],
)
def test_a_workflows_url_is_kept_byte_for_byte(url: str) -> None:
    found = address(url, channel="alerts")

    assert f"https://{found.netloc}{found.target}" == url
    assert (found.host, found.port) == (HOST, 443)


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4",
        "https://webhook.office.com/x?sig=SeCrEt",
        "https://outlook.office.com/webhook/1@2/IncomingWebhook/3/4",
        "https://outlook.office365.com/webhook/1",
        "https://prod-12.westeurope.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke?sig=SeCrEt",
        "https://PROD-12.westeurope.LOGIC.azure.com/workflows/1?sig=SeCrEt",
        "https://user@acme.webhook.office.com/x",
    ],
)
def test_a_retired_url_is_refused_and_its_replacement_named(url: str) -> None:
    with pytest.raises(SettingError) as caught:
        address(url, channel="alerts", allow_hosts={"acme.webhook.office.com"})

    assert "channels.alerts.url" in str(caught.value)
    assert "When a Teams webhook request is received" in str(caught.value)
    assert "retired" in str(caught.value) or "stopped working" in str(caught.value)
    assert "SeCrEt" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (GOOD.replace("https", "http"), "not https"),
        (GOOD.replace(":443", ":8443"), "port other than 443"),
        (GOOD.replace("https://", "https://me:pw@"), "user name"),
        (GOOD + "#top", "fragment"),
        (GOOD + "&next=https://x", "other query keys"),
        (GOOD + "&sv=2.0", "each once"),
        (GOOD.partition("&sig=")[0], "Anyone"),
        (GOOD.replace("SeCrEt_SiGnAtUrE", ""), "Anyone"),
        (GOOD + "x" * MAX_URL_CHARS, "longer than 4096"),
        (GOOD.replace("invoke", "in voke"), "printable"),
        (GOOD.replace("invoke", "invoke\r\nX: y"), "printable"),
        (GOOD.replace("invoke", "ïnvoke"), "printable"),
        (GOOD.replace("powerplatform.com", "powerplatform.com.evil.example"), "allow_hosts"),
        (GOOD.replace(HOST, "evil.example"), "allow_hosts"),
        (GOOD.replace(HOST, "169.254.169.254"), "allow_hosts"),
        (GOOD.replace(HOST, "[::1]"), "host cannot be read"),
        (GOOD.partition("?")[0], "not a Workflows URL"),
        ("", "printable"),
        ("SeCrEt", "not a Workflows URL"),
    ],
)
def test_any_other_url_is_refused_without_quoting_it(url: str, reason: str) -> None:
    with pytest.raises(SettingError, match=reason) as caught:
        address(url, channel="alerts")

    assert "SeCrEt" not in str(caught.value)
    assert "evil" not in str(caught.value)


def test_a_host_of_ours_may_have_any_port_and_http_on_this_machine() -> None:
    found = address(f"http://127.0.0.1:8123{PATH}?{QUERY}", channel="a", allow_hosts=["127.0.0.1"])

    assert (found.host, found.port) == ("127.0.0.1", 8123)


def test_another_cloud_needs_its_host_allowed_and_https() -> None:
    url = GOOD.replace(f"{HOST}:443", "env.1a.environment.api.example-cloud.test")
    host = "env.1a.environment.api.example-cloud.test"

    with pytest.raises(SettingError, match="allow_hosts"):
        address(url, channel="a")
    assert address(url, channel="a", allow_hosts=[host.upper()]).host == host
    with pytest.raises(SettingError, match="not https"):
        address(url.replace("https", "http"), channel="a", allow_hosts=[host])


def test_an_address_is_not_shown_in_a_log_by_accident() -> None:
    found = address(GOOD, channel="alerts")

    assert "SeCrEt" not in repr(found)


@given(st.text(max_size=200) | st.text(max_size=80).map(lambda tail: GOOD + tail))
def test_whatever_is_given_it_is_an_address_or_a_setting_error(url: str) -> None:
    with suppress(SettingError):
        assert address(url, channel="a").host == HOST
