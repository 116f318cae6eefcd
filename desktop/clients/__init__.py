"""The async clients of the services. Only `transport.py` speaks HTTP; everything else is values."""
