"""Rich text as a small tree, read from and written to wiki markup, HTML and plain text. Pure."""
