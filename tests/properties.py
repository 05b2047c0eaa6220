"""What Hypothesis is told not to complain of."""

from hypothesis import HealthCheck

SLOW = [HealthCheck.too_slow]  # it measures the machine
SHARING = [*SLOW, HealthCheck.function_scoped_fixture]  # all examples of a test share its fixtures
