"""Alarms to a URL carry the signature that Standard Webhooks asks for."""

import base64
import hashlib
import hmac

import orjson
import pytest

from alarms.listeners import KEY, Secrets, Tell
from alarms.receiver import Receiver
from bridge.alarms.alarm import Alarm
from bridge.alarms.tables import State
from bridge.alarms.webhook import sign
from bridge.errors import Unconfigured
from clocks import FakeClock


def test_the_signature_is_that_of_the_official_vector() -> None:
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        b'{"test": 2432232314}',
        identity="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1_614_265_330,
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64", "whsec_c2hvcnQ="])
def test_a_secret_of_no_use_is_our_fault(secret: str) -> None:
    with pytest.raises(Unconfigured, match="the secret of a webhook"):
        sign(secret, b"", identity="x", timestamp=1)


def test_a_webhook_gets_the_alarm_signed(
    alarm: Alarm, secrets: Secrets, receiver: Receiver, clock: FakeClock, tell: Tell
) -> None:
    heard = tell({"webhook": secrets})

    [call] = receiver.calls
    signed = f"{call.headers['webhook-id']}.{int(clock.now().timestamp())}.".encode() + call.body
    mac = hmac.digest(base64.b64decode(KEY), signed, hashlib.sha256)
    assert heard == "webhook:127.0.0.1"
    assert call.headers["webhook-timestamp"] == str(int(clock.now().timestamp()))
    assert call.headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
    body = orjson.loads(call.body)
    assert body["type"] == "bridge.alarm.down"
    assert body["data"]["key"] == "connection:salesforce"
    assert body["data"]["remedy"] == "renew them"


def test_a_webhook_has_the_same_id_when_it_is_sent_again_and_another_for_the_end(
    alarm: Alarm, secrets: Secrets, receiver: Receiver, tell: Tell
) -> None:
    end = alarm.model_copy(update={"state": State.UP, "over": "it is back"})
    for what in (alarm, alarm, end):
        tell({"webhook": secrets}, about=what)

    ids = [call.headers["webhook-id"] for call in receiver.calls]
    assert ids[0] == ids[1] != ids[2]
    assert orjson.loads(receiver.calls[2].body)["type"] == "bridge.alarm.up"
