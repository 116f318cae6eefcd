"""Loops that run beside the window for as long as it is open."""
