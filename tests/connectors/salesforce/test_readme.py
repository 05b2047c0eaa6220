"""The README names every setting and every field, and its examples load and translate."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.connectors import salesforce
from bridge.connectors.contract import ConnectionSettings
from bridge.connectors.salesforce import CONNECTOR
from bridge.connectors.salesforce.inbound import translate
from bridge.connectors.salesforce.settings import (
    ClientCredentials,
    JwtBearer,
    SalesforceSettings,
    Webhook,
)
from clocks import START
from connectors.salesforce.org import callout, settings_of

README = (Path(salesforce.__file__).parent / "README.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)]
MODELS = [SalesforceSettings, ClientCredentials, JwtBearer, Webhook, *CONNECTOR.actions]


@pytest.mark.parametrize("model", MODELS)
def test_every_field_is_named(model: Any) -> None:
    own = set(model.model_fields) - set(ConnectionSettings.model_fields)
    missing = [name for name in own if not re.search(rf"\b{name}\b", README)]

    assert missing == []


def test_the_settings_of_the_examples_load() -> None:
    connection, bearer, _ = EXAMPLES
    values = connection["connections"]["salesforce"]

    plain = SalesforceSettings.model_validate(values)
    certified = SalesforceSettings.model_validate({**values, **bearer})

    assert plain.auth.flow == "client_credentials"
    assert certified.auth.flow == "jwt_bearer"


def test_the_actions_of_the_examples_load() -> None:
    actions = {action.kind: action for action in CONNECTOR.actions}
    filled = {"record": "salesforce:Case:500Wq00000KfLmNIAV", "case": "500Wq00000KfLmNIAV"}
    filled |= {"comment": "00aWq00000KfLmNIAV", "file": "068Wq00000KfLmNIAV"}
    made = []

    for step in EXAMPLES[2]:
        ((kind, values),) = step.items()
        target = actions[kind].target
        given = {target: filled[target]} if target else {}
        made.append(actions[kind].model_validate({**given, **values}).kind)

    assert sorted(made) == sorted(actions)


def test_the_body_we_ask_admins_for_is_taken() -> None:
    (body,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)

    (snapshot,) = translate(settings_of(), callout(body.encode(), START)).snapshots

    assert (snapshot.object, snapshot.act) == ("Case", "updated")
