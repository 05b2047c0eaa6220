"""The one language of the house: refs, record kinds, events. Pure: no I/O library is imported here."""
