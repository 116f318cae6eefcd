"""The page “Sync” and its parts."""
