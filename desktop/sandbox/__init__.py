"""Sailthru and Zendesk Support as real HTTP on loopback: for tests, demo and training.

It imports nothing else of this program, so that it stays an independent witness.
"""
