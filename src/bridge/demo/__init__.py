"""The story for a screen: Bridge beside the simulators of the three systems, on loopback."""
