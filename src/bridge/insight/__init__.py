"""Six numbers from the first day, each with the events behind it. What each means: docs/numbers.md."""
