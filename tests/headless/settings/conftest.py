"""Fixtures: private paths in a temporary folder, a policy folder this test run may trust."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.settings.paths import AppPaths, paths_under
from desktop.settings.policy_file_discovery import PolicyFolder
from desktop.settings.workspace import WorkspaceRegistry


@pytest.fixture
def paths(tmp_path: Path) -> AppPaths:
    found = paths_under(tmp_path / "home")
    found.create_folders()
    return found


@pytest.fixture
def workspaces(paths: AppPaths) -> WorkspaceRegistry:
    return WorkspaceRegistry(paths)


@pytest.fixture
def policy_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir(mode=0o755)
    return folder


@pytest.fixture
def install_policy(policy_folder: Path) -> PolicyFolder:
    """What root is to a real computer, this user is to the test."""
    return PolicyFolder(policy_folder, frozenset({os.getuid()}))


@pytest.fixture
def write_policy(policy_folder: Path) -> Callable[..., Path]:
    def write(content: object, name: str = "policy.json", mode: int = 0o644) -> Path:
        path = policy_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        path.chmod(mode)
        for parent in path.parents:
            if parent == policy_folder.parent:
                break
            parent.chmod(0o755)
        return path

    return write


@pytest.fixture
def default_umask() -> Iterator[None]:
    """The umask most systems have; the app's own is stricter, and the modes must not need it."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def needs_file_modes(tmp_path: Path) -> None:
    """Skip where file modes mean nothing to this user (root with all its capabilities)."""
    probe = tmp_path / "probe"
    probe.mkdir(mode=0o500)
    try:
        (probe / "x").touch()
    except PermissionError:
        return
    pytest.skip("file modes do not bind this user")
