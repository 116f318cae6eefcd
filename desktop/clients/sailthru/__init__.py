"""Sailthru's REST API."""
