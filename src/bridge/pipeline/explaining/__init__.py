"""Why something happened or did not: an event, a record, a rule that did not match."""
