"""Settings: one declarative table, the values of a workspace, managed policy, paths."""
