"""Widgets of the page Many at once: paste area, found people, the form of the one change."""
