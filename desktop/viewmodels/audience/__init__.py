"""View-models of the Audience page: segments, conditions, the table of people, one person."""
