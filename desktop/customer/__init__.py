"""Use cases around one customer: look up, edit, undo. No Qt, no SQL, no HTTP."""
