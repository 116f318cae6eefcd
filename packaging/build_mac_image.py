"""Builds the notarised disk image around `Fairlead.app`; needs macOS and Xcode's command line.

export FAIRLEAD_SIGNING_IDENTITY="Developer ID Application: NAME (TEAM)"
xcrun notarytool store-credentials fairlead --apple-id ADDRESS --team-id TEAM
python3 packaging/dev.py package dmg
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENTITLEMENTS = ROOT / "packaging" / "macos" / "entitlements.plist"
IDENTITY_VARIABLE = "FAIRLEAD_SIGNING_IDENTITY"
# The name under which `notarytool store-credentials` keeps them in the keychain.
NOTARY_PROFILE = "fairlead"


def build_mac_image(app: Path, into: Path, version: str) -> Path:
    """Build `into/fairlead-VERSION.dmg` with the app and a link to Applications.

    Signed and notarised where an identity is named; it says so otherwise. PyInstaller has signed
    what is inside (packaging/fairlead.spec). Raises RuntimeError with a tool's complaint.
    """
    image = into / f"fairlead-{version}.dmg"
    identity = os.environ.get(IDENTITY_VARIABLE, "")
    if identity:
        run(["codesign", "--verify", "--deep", "--strict", str(app)])
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(app, Path(folder) / app.name, symlinks=True)
        (Path(folder) / "Applications").symlink_to("/Applications")
        run(image_command(Path(folder), image))
    if not identity:
        print(f"{image.name} is neither signed nor notarised: {IDENTITY_VARIABLE} is not set.")
        return image
    for command in notarise_commands(identity, image):
        run(command)
    return image


def image_command(folder: Path, image: Path) -> list[str]:
    """Return the command line that packs a folder into a compressed disk image."""
    return [
        "hdiutil", "create", "-volname", "Fairlead", "-srcfolder", str(folder), "-ov",
        "-format", "UDZO", str(image),
    ]  # fmt: skip


def notarise_commands(identity: str, image: Path) -> Iterator[list[str]]:
    """Yield the command lines that sign an image, have Apple notarise it, and staple the ticket."""
    yield ["codesign", "--sign", identity, "--timestamp", str(image)]
    yield [
        "xcrun", "notarytool", "submit", str(image), "--keychain-profile", NOTARY_PROFILE, "--wait"
    ]  # fmt: skip
    yield ["xcrun", "stapler", "staple", str(image)]
    yield [
        "spctl",
        "--assess",
        "--type",
        "open",
        "--context",
        "context:primary-signature",
        str(image),
    ]


def run(command: Sequence[str]) -> None:
    """Run a tool. Raises RuntimeError with its complaint, or where it is not installed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise RuntimeError(f"{command[0]} is not installed.\n{__doc__}") from error
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}\n{done.stderr}")
