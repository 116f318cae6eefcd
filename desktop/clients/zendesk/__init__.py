"""Zendesk's Support API."""
