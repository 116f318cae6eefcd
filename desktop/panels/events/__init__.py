"""Widgets of the Events page: its list, the consequences of a delivery, one request's details."""
