"""Where the tests' child processes run, and how they end with the tests."""

import ctypes
import signal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def die_with_parent() -> None:
    """In a child before it starts: end when its parent ends, however it ends (Linux only)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
