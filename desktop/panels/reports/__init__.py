"""Widgets of the Reports page: tiles with charts, the exact table, people, printed page."""
