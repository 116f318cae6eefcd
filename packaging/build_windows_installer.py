"""Builds the signed MSI around the bundle, on Windows with WiX 5 and the Windows SDK's signtool.

dotnet tool install --global wix --version 5.0.2
wix extension add --global WixToolset.Util.wixext/5.0.2
set FAIRLEAD_SIGNING_CERTIFICATE=<SHA-1 thumbprint of a certificate in the user's store>
py packaging/dev.py package msi
"""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from app_icons import render_icons

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "packaging" / "windows" / "fairlead.wxs"
CERTIFICATE_VARIABLE = "FAIRLEAD_SIGNING_CERTIFICATE"
# A signature without a time is worth nothing once the certificate has expired.
TIMESTAMP_SERVER = "http://timestamp.digicert.com"
PROGRAMS = ("fairlead.exe", "fairlead-sandbox.exe")


def build_windows_installer(bundle: Path, into: Path, version: str) -> Path:
    """Build `into/fairlead-VERSION.msi`; signed where a certificate is named, and it says so.

    Raises RuntimeError with the complaint of the tool that failed.
    """
    certificate = os.environ.get(CERTIFICATE_VARIABLE, "")
    if certificate:
        run(sign_command(certificate, [bundle / name for name in PROGRAMS]))
    icon = into / "fairlead.ico"
    icon.write_bytes(next(data for _, data in render_icons([256], "ico")))
    package = into / f"fairlead-{version}.msi"
    run(wix_command(bundle, icon, package, version))
    if certificate:
        run(sign_command(certificate, [package]))
    else:
        print(f"{package.name} is not signed: {CERTIFICATE_VARIABLE} names no certificate.")
    return package


def wix_command(bundle: Path, icon: Path, package: Path, version: str) -> list[str]:
    """Return WiX's command line. Raises RuntimeError for a version that an MSI cannot have."""
    # An upgrade compares the first three numbers; each has its bound.
    if not re.fullmatch(r"\d{1,3}\.\d{1,3}\.\d{1,5}", version):
        raise RuntimeError(f"An MSI has a version of three numbers, not {version}.")
    return [
        "wix", "build", str(SOURCE), "-arch", "x64", "-ext", "WixToolset.Util.wixext",
        "-d", f"Version={version}", "-d", f"BundleFolder={bundle}", "-d", f"IconFile={icon}",
        "-o", str(package),
    ]  # fmt: skip


def sign_command(certificate: str, files: Sequence[Path]) -> list[str]:
    """Return the command line that signs files by a certificate's SHA-1 thumbprint."""
    return [
        "signtool", "sign", "/sha1", certificate, "/fd", "SHA256",
        "/tr", TIMESTAMP_SERVER, "/td", "SHA256", *map(str, files),
    ]  # fmt: skip


def run(command: Sequence[str]) -> None:
    """Run a tool. Raises RuntimeError with its complaint, or where it is not installed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise RuntimeError(f"{command[0]} is not installed.\n{__doc__}") from error
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}\n{done.stderr}")
