"""The set of mappings while Bridge runs: shown, tried, captured as tests, proposed and made active."""
