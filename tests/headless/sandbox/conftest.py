"""Running sandboxes for tests."""

from collections.abc import Callable, Iterator

import pytest

from tests.headless.sandbox.sandbox_client import Sandbox


@pytest.fixture(scope="session")
def shared() -> Iterator[Sandbox]:
    """A sandbox nobody writes to or limits: for tests that only read."""
    sandbox = Sandbox("--customers", "2000", "--rate-limits", "off")
    yield sandbox
    assert sandbox.stop() == 0


@pytest.fixture
def start() -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes with flags; they end with the test."""
    running: list[Sandbox] = []

    def begin(*flags: str) -> Sandbox:
        sandbox = Sandbox(*flags)
        running.append(sandbox)
        return sandbox

    yield begin
    for sandbox in running:
        if sandbox.process.poll() is None:
            assert sandbox.stop() == 0


@pytest.fixture(scope="session")
def lone() -> Iterator[Sandbox]:
    """A process for `own` to hand out."""
    sandbox = Sandbox(
        "--customers", "300", "--rate-limits", "off", "--account", "bulk_import=on,job_ms=60"
    )
    yield sandbox
    assert sandbox.stop() == 0


@pytest.fixture
def own(lone: Sandbox) -> Sandbox:
    """A small sandbox without limits, as it began: this test may change it."""
    lone.control("POST", "reset")
    return lone
