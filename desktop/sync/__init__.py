"""Syncs between Zendesk and Sailthru: goals, plans, guards, runs, and what is due when."""
