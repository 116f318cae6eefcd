"""One file per verb: its arguments, and what it does."""
