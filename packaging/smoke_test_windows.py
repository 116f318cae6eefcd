"""Installs, uses, upgrades, rolls back and removes the MSI on Windows, from an admin's console.

py packaging/smoke_test_windows.py dist/fairlead-0.2.0.msi dist/next/fairlead-0.2.1.msi
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from build_bundle import start_bundle

PROGRAM = Path(os.environ.get("PROGRAMFILES", r"C:\Program Files")) / "Fairlead" / "fairlead.exe"
POLICY = Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "Fairlead" / "policy.json"


def main(arguments: Sequence[str]) -> int:
    """Go with an MSI and a newer one through what an admin does; 1 where a step failed."""
    package, newer = map(Path, arguments)
    try:
        smoke_test(package, newer)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def smoke_test(package: Path, newer: Path) -> None:
    """Install, look up, upgrade, break an upgrade, remove. Raises RuntimeError at what failed."""
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.json"
        policy.write_text(json.dumps({"changes": False}), encoding="utf-8")
        msiexec("/i", package, f"POLICYFOLDER={folder}")
    expect(PROGRAM.exists(), "The MSI did not install the program.")
    expect(POLICY.exists(), "The policy file was not copied.")
    POLICY.unlink()
    first = version()
    start_bundle(PROGRAM)
    print(f"installed {first}: window, set-up and look-up work")

    expect(msiexec_code("/i", newer, "WIXFAILWHENDEFERRED=1") != 0, "The upgrade should fail.")
    expect(version() == first, "A failed upgrade did not roll back.")
    print("a failed upgrade leaves the former version")

    msiexec("/i", newer)
    expect(version() != first, "The upgrade left the former version.")
    start_bundle(PROGRAM)
    print(f"upgraded to {version()}")

    msiexec("/x", newer)
    expect(not PROGRAM.parent.exists(), f"Removing it left {PROGRAM.parent}.")
    print("removed")


def version() -> str:
    """Return what the installed program says about itself."""
    command = [str(PROGRAM), "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def msiexec(action: str, package: Path, *properties: str) -> None:
    """Install (/i) or remove (/x) silently. Raises RuntimeError with the exit code."""
    code = msiexec_code(action, package, *properties)
    expect(code == 0, f"msiexec {action} {package.name} ended with {code}.")


def msiexec_code(action: str, package: Path, *properties: str) -> int:
    """Run msiexec silently and return its exit code."""
    command = ["msiexec", action, str(package.absolute()), "/qn", "/norestart", *properties]
    return subprocess.run(command, check=False).returncode


def expect(is_true: bool, otherwise: str) -> None:
    """Raise RuntimeError with a sentence unless something holds."""
    if not is_true:
        raise RuntimeError(otherwise)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
