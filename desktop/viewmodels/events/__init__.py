"""View-models of the Events page: a simulated file, what was delivered, what needs correction."""
