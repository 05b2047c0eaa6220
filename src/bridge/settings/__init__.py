"""Settings: `BRIDGE_*` in the environment, and one file for what has a shape.

They are read once, by `load`, and passed down. Whatever is wrong stops the start: all of it at
once, each with its name and what would be right.
"""

from bridge.settings.connection import connection_settings, connections
from bridge.settings.document import Document
from bridge.settings.environment import LogFormat, LogLevel, Settings
from bridge.settings.file import (
    AlarmAddress,
    BridgeFile,
    Drift,
    Heartbeat,
    Retention,
    SmtpAlarm,
    TeamsAlarm,
    Tls,
    WebhookAlarm,
)
from bridge.settings.loaded import Loaded, load, reread
from bridge.settings.source import Source, sources

__all__ = [
    "AlarmAddress",
    "BridgeFile",
    "Document",
    "Drift",
    "Heartbeat",
    "Loaded",
    "LogFormat",
    "LogLevel",
    "Retention",
    "Settings",
    "SmtpAlarm",
    "Source",
    "TeamsAlarm",
    "Tls",
    "WebhookAlarm",
    "connection_settings",
    "connections",
    "load",
    "reread",
    "sources",
]
