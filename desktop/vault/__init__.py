"""Secrets: in the operating system's keyring, in memory (demo), or from the environment."""
