"""Faults on purpose: processes killed at named points, damaged files, and controls that must fail.

`python -m tests.faults` runs the full counts; the tests run a seeded slice of the same. Runs
without Qt.
"""
