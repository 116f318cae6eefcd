"""The one way anything is written to a service: claim, compare, send, read back, audit, close."""
