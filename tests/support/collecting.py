"""Collecting tests where several workers do it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def one_worker_at_a_time(config: pytest.Config) -> Iterator[None]:
    """Wait until no other worker of this suite collects.

    In a new checkout the first compiles all tests, with their assertions rewritten: four times as
    long as to collect them. The next finds that done, and does not do it beside the first.
    """
    assert config.inipath is not None
    with config.inipath.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
