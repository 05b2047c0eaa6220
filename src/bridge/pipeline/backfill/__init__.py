"""The past of a source, read in: what was there before Bridge, or before anybody told it."""
