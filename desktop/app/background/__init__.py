"""The background loops of an open window: outbox, changes, reconnect, due runs, retention."""
