"""Connecting: sign-in, set-up, doctor, roles, handing out. Use cases without Qt, SQL or HTTP."""
