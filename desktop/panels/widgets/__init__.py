"""Reusable widgets, one per file; they know no customer and no service."""
