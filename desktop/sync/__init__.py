"""Syncs between Zendesk and Sailthru: plans, limits, runs, rollback, and what is due when."""
