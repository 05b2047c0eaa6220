"""The story for a screen, on the simulators."""
