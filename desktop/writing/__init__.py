"""The one way to write to a service: authorise, claim, read, compare, send, confirm, close."""
