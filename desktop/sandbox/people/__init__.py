"""The people of the sandbox: fixed fixtures, edge cases, and any number generated on demand."""
