"""Settings: what is wrong is named, all of it, with what would be right."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from bridge.connectors.contract import Mode
from bridge.connectors.registry import CONNECTORS
from bridge.errors import SettingError
from bridge.secret import SecretRef
from bridge.settings import (
    BridgeFile,
    Loaded,
    LogFormat,
    LogLevel,
    Retention,
    Settings,
    TeamsAlarm,
    WebhookAlarm,
    connection_settings,
    connections,
    load,
    sources,
)
from bridge.settings.document import read

EXAMPLE = Path(__file__).parents[1] / "bridge.example.yaml"

WHOLE = """\
connections:
  jira:
    system: jira
    url: https://jira.example.com
    webhook:
      secrets: [env:BRIDGE_JIRA_SECRET]
  teams:
    system: teams
alarms:
  - teams: {connection: teams, channel: ops}
  - webhook: {url: "env:HOOK_URL", secret: "env:HOOK_SECRET"}
  - smtp: {host: mail.example.com, from: bridge@example.com, to: [ops@example.com]}
heartbeat: {url: https://beat.example.com/x, every: 90s}
retention:
  events: 100
"""

Write = Callable[[str], dict[str, str]]


class Webhook(BaseModel):
    model_config = ConfigDict(extra="forbid")

    secrets: tuple[SecretRef, ...] = ()


class Account(BaseModel):
    """Stands for the settings of a connector."""

    model_config = ConfigDict(extra="forbid")

    system: Literal["jira"]
    url: str
    webhook: Webhook = Webhook()
    concurrency: int = Field(default=8, le=64)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a `bridge.yaml`; the environment that names it."""

    def written(text: str) -> dict[str, str]:
        path = tmp_path / "bridge.yaml"
        path.write_text(text)
        return {"BRIDGE_CONFIG": str(path)}

    return written


def test_nothing_set_is_a_small_bridge_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    loaded = load({})

    assert loaded.settings.database_url == "sqlite:///var/bridge.db"
    assert (loaded.settings.host, loaded.settings.port) == ("127.0.0.1", 8080)
    assert loaded.settings.max_in_flight_bytes == 64_000_000
    assert loaded.settings.log_format is LogFormat.AUTO
    assert loaded.settings.node
    assert loaded.file == BridgeFile()


def test_the_environment_sets(write: Write) -> None:
    loaded = load(
        {
            **write(""),
            "BRIDGE_DATABASE_URL": "postgresql://bridge@db/bridge",
            "BRIDGE_PORT": "9000",
            "BRIDGE_LOG_LEVEL": "DEBUG",
            "BRIDGE_PUBLIC_URL": "https://bridge.example.com/",
            "BRIDGE_WORKERS": "",
        }
    )

    assert loaded.settings.database_url == "postgresql://bridge@db/bridge"
    assert loaded.settings.port == 9000
    assert loaded.settings.log_level is LogLevel.DEBUG
    assert loaded.settings.public_url == "https://bridge.example.com"
    assert loaded.settings.workers == Settings().workers


def test_the_url_of_the_database_may_lie_in_a_file(tmp_path: Path) -> None:
    kept = tmp_path / "url"
    kept.write_text("postgresql://bridge:hunter2@db/bridge\n")

    settings = Settings.read({"BRIDGE_DATABASE_URL": f"file:{kept}"})

    assert settings.database_url == "postgresql://bridge:hunter2@db/bridge"
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BRIDGE_PORT", "eighty", "should be a whole number"),
        ("BRIDGE_PORT", "0", "greater than or equal to 1"),
        ("BRIDGE_PORT", "tcp://10.0.0.1:8080", "enableServiceLinks"),
        ("BRIDGE_DATABASE_URL", "mysql://ann:hunter2@db/x", "postgresql://"),
        ("BRIDGE_DATABASE_URL", "file:/nowhere/at/all", "cannot be read"),
        ("BRIDGE_DATABASE_URL", "hunter2", "sqlite:///PATH"),
        ("BRIDGE_PUBLIC_URL", "bridge.example.com", "https://bridge.example.com"),
        ("BRIDGE_LOG_FORMAT", "xml", "'auto', 'json' or 'console'"),
        ("BRIDGE_WORKERS", "1000", "less than or equal to 128"),
        ("BRIDGE_NODE", "two words", "pattern"),
    ],
)
def test_a_wrong_variable_is_named_with_what_is_right(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingError) as error:
        Settings.read({name: value})

    assert str(error.value).startswith(f"{name}: ")
    assert said in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_variable_that_means_nothing_is_named_with_its_neighbour(write: Write) -> None:
    with pytest.raises(SettingError, match="BRIDGE_DATABSE_URL: no such setting; did you mean"):
        load({**write(""), "BRIDGE_DATABSE_URL": "sqlite://"})


def test_a_variable_that_a_setting_names_is_known(write: Write) -> None:
    loaded = load({**write(WHOLE), "BRIDGE_JIRA_SECRET": "s"})

    assert "jira" in loaded.file.connections


def test_what_the_commands_need_to_call_the_api_is_let_be(write: Write) -> None:
    """In the shell in which `bridge replay` works, `bridge serve` and `bridge keys` must too."""
    environment = {**write(""), "BRIDGE_URL": "http://127.0.0.1:8080", "BRIDGE_KEY": "brk_x"}

    assert load(environment).settings.port == 8080


def test_what_kubernetes_sets_for_a_service_is_let_be(write: Write) -> None:
    loaded = load(
        {**write(""), "BRIDGE_SERVICE_HOST": "10.0.0.1", "BRIDGE_PORT_8080_TCP_ADDR": "10.0.0.1"}
    )

    assert loaded.settings.port == 8080


def test_a_whole_file_is_read(write: Write) -> None:
    file = load({**write(WHOLE), "BRIDGE_JIRA_SECRET": "s"}).file

    assert [type(alarm.way).__name__ for alarm in file.alarms] == [
        "TeamsAlarm",
        "WebhookAlarm",
        "SmtpAlarm",
    ]
    assert file.alarms[0].way == TeamsAlarm(connection="teams", channel="ops")
    assert file.heartbeat is not None
    assert file.heartbeat.every == timedelta(seconds=90)
    assert file.heartbeat.address() == "https://beat.example.com/x"
    assert file.retention == Retention(events=100, seen=465)


def test_the_seen_table_outlives_the_events_by_a_year() -> None:
    assert Retention().seen == Retention().events + 365


def test_a_secret_url_is_read_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    alarm = WebhookAlarm.model_validate({"url": "env:HOOK_URL", "secret": "env:HOOK_SECRET"})

    monkeypatch.setenv("HOOK_URL", "https://hook.example.com/abc?sig=1")

    assert alarm.address() == "https://hook.example.com/abc?sig=1"
    assert "sig" not in repr(alarm)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("connections: {Jira: {}}", 1, "connections.Jira: a connection's name is"),
        ("connections:\n  jira: {}\n  jira: {}", 3, "connections.jira: also on line 2"),
        ("conections: {}", 1, "conections: no such setting; did you mean connections?"),
        ("- a", 1, "is a mapping"),
        ("a: b: c", 1, "mapping values are not allowed"),
        ("a: !!python/name:os.system x", 1, "could not determine a constructor"),
        ("retention:\n  evnts: 3", 2, "retention.evnts: no such setting; did you mean events?"),
        ("retention:\n  events: often", 2, "retention.events: should be a whole number"),
        ("alarms:\n- smtp: {host: h, from: a@b.c, to: x@y.z}", 2, "smtp.to: should be a list"),
        ("retention:\n  events: 0", 2, "retention.events: input should be greater"),
        ("retention: {events: 100, seen: 99}", 1, "retention: seen must not be less"),
        ("alarms:\n  - {}", 2, "alarms[0]: an alarm has one address"),
        ("alarms:\n- webhook: {url: 'http://x', secret: 'env:A'}", 2, "alarms[0].webhook.url: use"),
        ("alarms:\n- webhook: {url: 'https://x/?sig=hunter2', secret: 'env:A'}", 2, "is a secret"),
        ("alarms:\n- webhook: {url: 'https://x', secret: hunter2}", 2, "never as its value"),
        ("alarms:\n- smtp: {host: h, from: a@b.c, to: [], tls: no}", 2, "alarms[0].smtp.to"),
        (
            "alarms:\n- smtp: {host: h, from: a@b.c, to: [d@e.f], user: u}",
            2,
            "user and password go together",
        ),
        (
            "alarms:\n- smtp:\n    {host: h, from: a@b.c, to: [d@e.f], user: u, password: 'env:P', tls: none}",
            2,
            "a password needs tls",
        ),
        ("heartbeat:\n  url: https://x\n  every: soon", 3, "heartbeat.every: not a duration"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    write: Write, text: str, line: int, said: str
) -> None:
    environment = write(text)

    with pytest.raises(SettingError) as error:
        load(environment)

    where = f"{environment['BRIDGE_CONFIG']}:{line}:"
    assert [one for one in str(error.value).splitlines() if said in one and one.startswith(where)]
    assert "hunter2" not in str(error.value)


def test_an_alarm_needs_its_connection(write: Write) -> None:
    environment = write("alarms:\n  - teams: {connection: t, channel: x}")

    with pytest.raises(SettingError, match="alarms: there is no connection t"):
        load(environment)


def test_all_faults_are_told_at_once(write: Write) -> None:
    with pytest.raises(SettingError) as error:
        load(
            {
                **write("retention: {events: 0, bodies: 0}"),
                "BRIDGE_PORT": "x",
                "BRIDGE_WORKERS": "x",
                "BRIDGE_NOD": "x",
            }
        )

    said = str(error.value)
    assert len(said.splitlines()) == 5
    for name in (
        "BRIDGE_PORT",
        "BRIDGE_WORKERS",
        "BRIDGE_NOD",
        "retention.events",
        "retention.bodies",
    ):
        assert f"{name}: " in said


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"BRIDGE_CONFIG: \S+other\.yaml is no file"):
        load({"BRIDGE_CONFIG": str(tmp_path / "other.yaml")})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": 5}, "connections.jira.url: should be text; quote it"),
        ({"urll": "x"}, "connections.jira.urll: no such setting; did you mean url?"),
        (
            {"webhook": {"secrets": ["hunter2"]}},
            "connections.jira.webhook.secrets[0]: a secret is given as env:NAME or file:PATH",
        ),
    ],
)
def test_a_wrong_connection_is_named_by_its_path(given: Mapping[str, Any], said: str) -> None:
    raw = {"system": "jira", "url": "https://x", **given}

    with pytest.raises(SettingError) as error:
        connection_settings("jira", raw, model=Account)

    assert said in str(error.value)
    assert "hunter2" not in str(error.value)


def test_wrong_connections_are_told_all_at_once_with_their_lines(write: Write) -> None:
    environment = write(
        "connections:\n  a: {system: jra}\n  b:\n    system: jira\n    url: 1\n  c: {url: x}\n"
    )
    loaded = load(environment)

    with pytest.raises(SettingError) as error:
        connections(loaded.file.connections, models={"jira": Account}, document=loaded.document)

    path = environment["BRIDGE_CONFIG"]
    assert str(error.value).splitlines() == [
        f"{path}:2: connections.a.system: 'jra' is not known; there are jira",
        f"{path}:5: connections.b.url: should be text; quote it",
        f"{path}:6: connections.c.system: is missing; there are jira",
    ]


def test_every_source_is_shown_and_no_secret(write: Write) -> None:
    environment = {
        **write(WHOLE),
        "BRIDGE_DATABASE_URL": "postgresql://ann:hunter2@db/bridge?sslpassword=hunter2",
        "BRIDGE_JIRA_SECRET": "hunter2",
    }
    loaded = load(environment)
    made = connections({"jira": loaded.file.connections["jira"]}, models={"jira": Account})

    found = {one.name: one for one in sources(loaded, made)}

    path = environment["BRIDGE_CONFIG"]
    assert found["BRIDGE_PORT"].origin == "default"
    assert found["BRIDGE_DATABASE_URL"].origin == "environment"
    assert found["BRIDGE_DATABASE_URL"].value.startswith("postgresql://ann:***@db/bridge")
    assert found["connections.jira.url"].origin == f"{path}:4"
    assert found["connections.jira.concurrency"].origin == "default"
    assert found["connections.jira.webhook.secrets[0]"].value == "env:BRIDGE_JIRA_SECRET (missing)"
    assert found["retention.events"].value == "100"
    assert found["retention.bodies"].origin == "default"
    assert found["alarms[2].smtp.from"].origin == f"{path}:12"
    assert "hunter2" not in "".join(one.value for one in found.values())


def test_a_secret_that_is_there_is_said_to_be_set(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "hunter2")
    loaded: Loaded = load({**write(WHOLE), "BRIDGE_JIRA_SECRET": "s"})

    found = {one.name: one.value for one in sources(loaded, {})}

    assert found["alarms[1].webhook.secret"] == "env:HOOK_SECRET (set)"


def test_the_example_is_right() -> None:
    document = read(EXAMPLE)
    file = BridgeFile.model_validate(document.data)
    models = {connector.name: connector.settings for connector in CONNECTORS}

    made = connections(file.connections, models=models, document=document)

    assert set(made) == {"jira", "salesforce", "teams"}
    assert all(one.mode is Mode.OBSERVE for one in made.values())
    assert file.retention == Retention()
