"""What the leading node does by the clock: alarms, silence, gauges, repair, retention."""

from bridge.duties.duties import Duties

__all__ = ["Duties"]
