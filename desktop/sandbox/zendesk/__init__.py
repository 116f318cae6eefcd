"""Zendesk Support as a client sees it, from the contract's facts."""
