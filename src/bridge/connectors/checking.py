"""What a connector's check tells `bridge doctor`."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One line of `bridge doctor`: what was checked, how it went, what to do about it."""

    name: str
    ok: bool
    detail: str = ""
    remedy: str = ""
