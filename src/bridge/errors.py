"""Every error we raise on purpose. The type says what the *caller* does next, not who failed.

* BridgeError
  x Unverified          the sender is not who it says it is            -> 401
  x Unconfigured        we lack a secret or a setting: our fault       -> 503 and an alarm
  x Malformed           we know the sender but cannot read the message -> kept, marked bad
  x SettingError        a setting is wrong                             -> start-up stops
  x RuleError           a mapping is wrong                             -> the set is not activated
  x DeliveryError       an outside system said no
    - TransientError      try again later; may carry `retry_after` seconds
      - OverBudget          we did not send it: a limit of the vendor is used up for now
    - AmbiguousOutcome    it may have happened: find before repeating
    - PermanentError      never as asked: dead until a person decides
    - CredentialError     credentials are bad: pause what they are for, spend no try, tell once
"""


class BridgeError(Exception):
    """Base of everything here. The text names the thing and the remedy, and holds no secret."""


class Unverified(BridgeError):
    """No valid secret matches the signature."""


class Unconfigured(BridgeError):
    """A secret is not set or cannot be read, so nobody can be let in: our fault, not the sender's."""


class Malformed(BridgeError):
    """A message or value that does not have the shape it must have."""


class SettingError(BridgeError):
    """A setting that cannot be used; the text names it and says what would be right."""


class RuleError(BridgeError):
    """A mapping that cannot be used; the text starts with file:line:column where there is one."""


class DeliveryError(BridgeError):
    """An outside system did not do what we asked.

    `code` is the vendor's own code or status (`DUPLICATE_VALUE`, `404`), used to group failures.
    """

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class TransientError(DeliveryError):
    """Surely did not happen, and may work later."""

    def __init__(self, text: str, *, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(text, code=code)
        self.retry_after = retry_after


class OverBudget(TransientError):
    """Not sent by ourselves: a limit of the vendor is used up for now."""


class AmbiguousOutcome(DeliveryError):
    """May or may not have happened: the answer was lost."""


class PermanentError(DeliveryError):
    """Refused for good as asked."""


class CredentialError(DeliveryError):
    """The vendor does not accept who we are.

    `part` is what alone has these credentials: the ordering key of the actions that go there
    (`channel:alerts`). Empty: the whole connection.
    """

    def __init__(self, text: str, *, code: str = "", part: str = "") -> None:
        super().__init__(text, code=code)
        self.part = part
