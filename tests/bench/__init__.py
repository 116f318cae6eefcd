"""Measures what the design promises: ratios within one run, never bare times."""
