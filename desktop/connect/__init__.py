"""Connecting a workspace: sign-in, set-up, doctor, roles, disconnecting. No Qt, SQL or HTTP."""
