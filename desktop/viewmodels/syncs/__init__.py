"""View-models of the Sync page: snapshots, plans, mapping, schedule, run history."""
