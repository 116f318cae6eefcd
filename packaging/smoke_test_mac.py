"""Installs, uses, upgrades and removes the disk image on macOS.

python3 packaging/smoke_test_mac.py dist/fairlead-0.2.0.dmg dist/next/fairlead-0.2.1.dmg
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from build_bundle import start_bundle

APP = Path("/Applications/Fairlead.app")
PROGRAM = APP / "Contents" / "MacOS" / "fairlead"


def main(arguments: Sequence[str]) -> int:
    """Go with an image and a newer one through what a person does; 1 where a step failed."""
    image, newer = map(Path, arguments)
    try:
        smoke_test(image, newer)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def smoke_test(image: Path, newer: Path) -> None:
    """Install, look up, upgrade, remove. Raises RuntimeError or CalledProcessError."""
    install(image)
    first = version()
    start_bundle(PROGRAM)
    print(f"installed {first}: window, set-up and look-up work")
    install(newer)
    if version() == first:
        raise RuntimeError("The upgrade left the former version.")
    start_bundle(PROGRAM)
    print(f"upgraded to {version()}")
    shutil.rmtree(APP)
    print("removed; what people keep is in ~/Library/Application Support/fairlead")


def install(image: Path) -> None:
    """Copy the app out of an image into Applications, in place of one that is there."""
    with tempfile.TemporaryDirectory() as folder:
        run("hdiutil", "attach", str(image), "-nobrowse", "-readonly", "-mountpoint", folder)
        try:
            shutil.rmtree(APP, ignore_errors=True)
            shutil.copytree(Path(folder) / APP.name, APP, symlinks=True)
        finally:
            run("hdiutil", "detach", folder)


def version() -> str:
    """Return what the installed program says about itself."""
    return run(str(PROGRAM), "--version")


def run(*command: str) -> str:
    """Run a command and return its output, stripped. Raises CalledProcessError."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
