"""A session with a home of its own for each test."""

from pathlib import Path

import pytest

from tests.headless.vault.keyring_session import Session


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)
