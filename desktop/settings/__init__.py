"""The table of settings, a workspace's values, the managed policy, and paths."""
