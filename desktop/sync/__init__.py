"""Syncs between Zendesk, Sailthru and Sell: plans, limits, runs, rollback, and what is due when."""
