"""Fairlead: one sheet per customer, from Zendesk and Sailthru."""

__version__ = "0.1.0"
