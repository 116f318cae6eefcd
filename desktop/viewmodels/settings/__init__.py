"""What the set-up and the settings have in common: one model for each card, drawn by both."""
