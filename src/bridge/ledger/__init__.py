"""What happened: events, changes, latest records, and the links between records."""
