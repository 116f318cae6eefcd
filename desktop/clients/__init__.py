"""The async clients of Sailthru, Zendesk and Sell; `transport.py` alone speaks HTTP."""
