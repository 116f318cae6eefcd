"""The async clients of Sailthru and Zendesk; `transport.py` alone speaks HTTP."""
