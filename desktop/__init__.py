"""Fairlead: one sheet per customer, from Zendesk and Sailthru."""

__version__ = "0.2.0"
