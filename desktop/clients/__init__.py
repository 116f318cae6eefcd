"""The async clients of the services; `transport.py` alone speaks HTTP."""
