"""The panels of one customer's sheet; each draws the view of its name."""
