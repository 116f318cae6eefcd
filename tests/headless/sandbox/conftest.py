"""Fixtures of running sandboxes: read-only, writable after a reset, and started with flags."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.sandbox_client import SandboxClient


@pytest.fixture(scope="session")
def read_only_sandbox() -> Iterator[SandboxClient]:
    """A sandbox nobody writes to or limits: for tests that only read."""
    sandbox = SandboxClient("--customers", "2000", "--rate-limits", "off")
    yield sandbox
    assert sandbox.stop() == 0


@pytest.fixture
def start_sandbox() -> Iterator[Callable[..., SandboxClient]]:
    """Start sandboxes with flags; they end with the test."""
    running: list[SandboxClient] = []

    def begin(*flags: str) -> SandboxClient:
        sandbox = SandboxClient(*flags)
        running.append(sandbox)
        return sandbox

    yield begin
    for sandbox in running:
        if sandbox.process.poll() is None:
            assert sandbox.stop() == 0


@pytest.fixture(scope="session")
def resettable_sandbox() -> Iterator[SandboxClient]:
    """The process that `writable_sandbox` resets for each test."""
    sandbox = SandboxClient(
        "--customers", "300", "--rate-limits", "off", "--account", "bulk_import=on,job_ms=60"
    )
    yield sandbox
    assert sandbox.stop() == 0


@pytest.fixture
def writable_sandbox(resettable_sandbox: SandboxClient) -> SandboxClient:
    """A small sandbox without limits, as it began: this test may change it."""
    resettable_sandbox.control("POST", "reset")
    return resettable_sandbox
