"""The page “Sync”: what it shows of goals, plans and runs, and what people may do there."""
