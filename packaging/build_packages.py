"""Builds what people install into `dist/`: wheel, Zendesk app, bundle, its list of parts, `.deb`.

On Windows the MSI takes the place of the `.deb`, on macOS the disk image.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]


def main(arguments: Sequence[str]) -> int:
    """Build the named packages, or all that this system can; prints each with its size."""
    parser = argparse.ArgumentParser(prog="packaging/dev.py package", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PACKAGE", help=", ".join(PACKAGES))
    parser.add_argument("--into", type=Path, default=ROOT / "dist", metavar="DIR")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(PACKAGES)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: choose of {', '.join(PACKAGES)}")
    options.into.mkdir(parents=True, exist_ok=True)
    for name in options.names or packages_of_this_system():
        try:
            built = PACKAGES[name](options.into)
        except RuntimeError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
        print(f"{built}  {size_of(built) / 1e6:.1f} MB", flush=True)
    return 0


def packages_of_this_system() -> list[str]:
    """Return what can be built here: each system builds its own installer."""
    here = {
        "deb": shutil.which("dpkg-deb") is not None,
        "msi": platform.system() == "Windows",
        "dmg": platform.system() == "Darwin",
    }
    return [name for name in PACKAGES if name not in ONLY_IF_NAMED and here.get(name, True)]


def build_wheel(into: Path) -> Path:
    """Build the wheel; two builds of one commit are the same file, byte for byte."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)]
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(commit_time())}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    wheel = max(into.glob("fairlead-*.whl"), key=lambda path: path.stat().st_mtime)
    with zipfile.ZipFile(wheel) as archive:
        if not any(name.startswith("desktop/_resources/icons/") for name in archive.namelist()):
            raise RuntimeError("The wheel lacks the icons and help pages of resources/.")
    return wheel


def build_zendesk_app(into: Path) -> Path:
    """Build the zip of the Zendesk app that an admin uploads."""
    import zendesk_app

    source = ROOT / "packaging" / "zendesk-app"
    if faults := list(zendesk_app.find_faults(source)):
        raise RuntimeError("\n".join(faults))
    return zendesk_app.build_zip(source, into)


def build_bundle(into: Path) -> Path:
    """Build the one-folder bundle and start it: version, window, and a look-up on its sandbox."""
    import build_bundle

    bundle = build_bundle.build_bundle(into)
    suffix = ".exe" if platform.system() == "Windows" else ""
    build_bundle.start_bundle(bundle / f"fairlead{suffix}")
    return bundle


def bundle_of(into: Path) -> Path:
    """Return the bundle of `into`, which is built first where it is missing."""
    bundle = into / "fairlead"
    return bundle if bundle.is_dir() else build_bundle(into)


def build_bill_of_materials(into: Path) -> Path:
    """Write the CycloneDX list of what the bundle of `into` is made of."""
    from bill_of_materials import write_bill_of_materials

    from desktop import __version__

    path = into / f"fairlead-{__version__}.cdx.json"
    write_bill_of_materials(bundle_of(into), path, __version__, commit_time())
    return path


def build_deb(into: Path) -> Path:
    """Build the `.deb` around the bundle of `into`."""
    from build_debian_package import build_debian_package

    from desktop import __version__

    return build_debian_package(bundle_of(into), into, __version__, commit_time())


def build_msi(into: Path) -> Path:
    """Build the MSI around the bundle of `into`."""
    from build_windows_installer import build_windows_installer

    from desktop import __version__

    return build_windows_installer(bundle_of(into), into, __version__)


def build_dmg(into: Path) -> Path:
    """Build the disk image around the app of `into`."""
    from build_mac_image import build_mac_image

    from desktop import __version__

    bundle_of(into)
    return build_mac_image(into / "Fairlead.app", into, __version__)


def smoke_test_deb(into: Path) -> Path:
    """Install, use, upgrade and remove the `.deb` of `into` in a bare Debian root; see there."""
    import tempfile

    from build_debian_package import build_debian_package
    from smoke_test_debian import smoke_test

    from desktop import __version__

    packages = sorted(into.glob("fairlead_*.deb"), key=lambda path: path.stat().st_mtime)
    if not packages:
        sys.exit(f"There is no .deb in {into.name}/ yet: run packaging/dev.py package first.")
    package = packages[-1]
    with tempfile.TemporaryDirectory(prefix="fl-next-") as folder:
        # What is upgraded to differs in its version alone.
        newer = build_debian_package(
            into / "fairlead", Path(folder), f"{__version__}.1", commit_time()
        )
        smoke_test(package, newer)
    return package


def smoke_test_wheel(into: Path) -> Path:
    """Build the wheel twice, install it into an empty environment, and use it there.

    Raises RuntimeError where the two differ, or where the installed program does not work.
    """
    import tempfile

    from build_bundle import start_bundle

    wheel = build_wheel(into)
    with tempfile.TemporaryDirectory(prefix="fl-wheel-") as folder:
        if build_wheel(Path(folder)).read_bytes() != wheel.read_bytes():
            raise RuntimeError("Two builds of one commit made two different wheels.")
        environment = Path(folder) / "environment"
        venv.create(environment, with_pip=True)
        programs = environment / ("Scripts" if os.name == "nt" else "bin")
        pip = [
            str(programs / "python"),
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "-qq",
        ]
        lock = str(ROOT / "packaging" / "requirements.lock")
        for wanted in (["--require-hashes", "--no-deps", "-r", lock], ["--no-deps", str(wheel)]):
            subprocess.run([*pip, *wanted], check=True)
        start_bundle(programs / f"fairlead{'.exe' if os.name == 'nt' else ''}")
    return wheel


def commit_time() -> int:
    """Return the Unix time of the commit that is built, or of the epoch outside a checkout."""
    done = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    # Zip archives know no time before 1980.
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip() else 315_532_800


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder; links are not followed."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if not file.is_dir())


PACKAGES: dict[str, Callable[[Path], Path]] = {
    "wheel": build_wheel,
    "zendesk-app": build_zendesk_app,
    "bundle": build_bundle,
    "sbom": build_bill_of_materials,
    "deb": build_deb,
    "msi": build_msi,
    "dmg": build_dmg,
    "smoke": smoke_test_deb,
    "smoke-wheel": smoke_test_wheel,
}
# Not done unasked: they need the package index, the first one also root and Debian's mirror.
ONLY_IF_NAMED = ("smoke", "smoke-wheel")

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
