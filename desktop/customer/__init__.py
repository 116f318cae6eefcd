"""Use cases around one customer: look up, edit, undo, follow. No Qt, SQL or HTTP."""
