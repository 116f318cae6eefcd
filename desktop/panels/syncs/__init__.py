"""Widgets of the Sync page: cards, preview table, mapping, schedule, run history."""
