"""What is said on linked records is carried to the other side: comments, with edits and deletions."""
