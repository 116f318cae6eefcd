"""Widgets of the Audience page: segments, conditions as chips, the table of people, the peek."""
