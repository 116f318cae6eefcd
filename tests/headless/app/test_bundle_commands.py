"""How the bundle starts itself, by its programs, and others, with the system's libraries."""

import sys
from pathlib import Path

import pytest

from desktop.app.bundle_environment import restore_library_path
from desktop.app.relaunch_command import relaunch_command, unattended_command


@pytest.fixture
def bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "fairlead"))
    return tmp_path


def test_command_in_a_checkout_starts_the_module() -> None:
    assert relaunch_command("sync", "due") == [sys.executable, "-m", "desktop", "sync", "due"]
    unattended = unattended_command("sync", "due")
    assert unattended == (sys.executable, "-P", "-m", "desktop", "sync", "due")


def test_command_in_the_bundle_starts_its_programs(bundle: Path) -> None:
    assert relaunch_command("sync", "due") == [str(bundle / "fairlead"), "sync", "due"]
    assert unattended_command("sync", "due") == (str(bundle / "fairlead"), "sync", "due")
    # A run started by the sandbox's program would be a sandbox.
    assert relaunch_command("--port", "0", module="desktop.sandbox") == [
        str(bundle / "fairlead-sandbox"), "--port", "0",
    ]  # fmt: skip


def test_command_in_the_bundle_of_windows_has_its_suffix(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(bundle / "fairlead.exe"))
    assert relaunch_command(module="desktop.sandbox") == [str(bundle / "fairlead-sandbox.exe")]


@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"LD_LIBRARY_PATH": "/bundle"}, {}),
        ({"LD_LIBRARY_PATH": "/bundle", "LD_LIBRARY_PATH_ORIG": ""}, {}),
        (
            {"LD_LIBRARY_PATH": "/bundle:/opt/lib", "LD_LIBRARY_PATH_ORIG": "/opt/lib"},
            {"LD_LIBRARY_PATH": "/opt/lib"},
        ),
        ({}, {}),
    ],
)
def test_library_path_of_the_bundle_is_not_handed_on(
    given: dict[str, str], left: dict[str, str]
) -> None:
    environment = dict(given)
    restore_library_path(environment)
    assert environment == left


def test_library_path_outside_the_bundle_stays() -> None:
    environment = {"LD_LIBRARY_PATH": "/home/kim/lib"}
    restore_library_path(environment)
    assert environment == {"LD_LIBRARY_PATH": "/home/kim/lib"}
