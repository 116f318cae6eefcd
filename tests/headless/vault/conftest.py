"""A session with a home of its own for each test."""

from pathlib import Path

import pytest

from tests.support.keyring_session import KeyringSession


@pytest.fixture
def session(tmp_path: Path) -> KeyringSession:
    return KeyringSession(tmp_path)
