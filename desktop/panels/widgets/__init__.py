"""The controls that panels are built from, one per file; they know no customer, no service."""
