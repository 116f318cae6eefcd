"""Many customers at once: look pasted addresses up, plan one change of them all, send, undo."""
