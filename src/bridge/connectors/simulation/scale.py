"""The pace of simulated time: one number turns the vendors' minutes into seconds."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """`scale` 1.0 is real time; the demo and the tests run at about 0.01."""

    scale: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.scale <= 1:
            raise ValueError(f"scale must be above 0 and at most 1, not {self.scale}")

    def seconds(self, vendor_seconds: float) -> float:
        """How long `vendor_seconds` take here, in seconds."""
        return vendor_seconds * self.scale

    def whole_seconds(self, vendor_seconds: float) -> int:
        """The same for a header that holds whole seconds (`Retry-After`): rounded up, 1 at least."""
        return max(1, math.ceil(self.seconds(vendor_seconds)))
