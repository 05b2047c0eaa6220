"""The two Jiras there are."""

from enum import StrEnum


class Flavour(StrEnum):
    """`cloud`: REST v2 and v3, accountIds. `datacenter`: REST v2 alone, user names."""

    CLOUD = "cloud"
    DATACENTER = "datacenter"
