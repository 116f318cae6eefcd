"""Builds the `.deb` around the one-folder bundle, for Debian 12, Ubuntu 22.04 and later ones."""

import gzip
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from app_icons import ICON, render_icons
from command_line_docs import write_command_line_docs

ROOT = Path(__file__).resolve().parent.parent
LINUX = ROOT / "packaging" / "linux"
ICON_SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
METAINFO = "app.fairlead.Fairlead.metainfo.xml"
# What the bundle takes from the system. GL and EGL belong to the graphics driver; PyInstaller
# leaves them out. Everything else of Qt's is in the bundle.
DEPENDS = (
    "libc6 (>= 2.34)", "libgl1", "libegl1", "libfontconfig1", "fonts-dejavu-core | fonts-inter",
    "xdg-utils", "ca-certificates", "debconf (>= 0.5) | debconf-2.0",
)  # fmt: skip
RECOMMENDS = ("gnome-keyring | kwalletmanager | keepassxc", "fonts-inter")


def build_debian_package(bundle: Path, into: Path, version: str, built_at: int) -> Path:
    """Build the package of a bundle and return its path; `built_at` are Unix seconds.

    The same bundle, version and time make the same file, byte for byte.
    """
    architecture = run("dpkg", "--print-architecture")
    with tempfile.TemporaryDirectory(prefix="fl-deb-") as folder:
        root = Path(folder) / "root"
        shutil.copytree(bundle, root / "usr/lib/fairlead", symlinks=True)
        (root / "usr/bin").mkdir()
        (root / "usr/bin/fairlead").symlink_to("../lib/fairlead/fairlead")
        add_desktop_files(root, version, built_at)
        write_command_line_docs(root)
        add_documents(root)
        add_control_files(root, version, architecture)
        set_modes_and_times(root, built_at)
        package = into / f"fairlead_{version}_{architecture}.deb"
        run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(package),
            SOURCE_DATE_EPOCH=str(built_at))  # fmt: skip
        return package


def add_desktop_files(root: Path, version: str, built_at: int) -> None:
    """Put the desktop entry with its `fairlead://` handler, the metadata and icons below `root`."""
    share = root / "usr/share"
    place(ROOT / "resources/desktop/fairlead.desktop", share / "applications/fairlead.desktop")
    day = datetime.fromtimestamp(built_at, UTC).strftime("%Y-%m-%d")
    text = (LINUX / METAINFO).read_text(encoding="utf-8")
    metainfo = share / "metainfo" / METAINFO
    metainfo.parent.mkdir(parents=True)
    metainfo.write_text(text.replace("@VERSION@", version).replace("@DATE@", day), encoding="utf-8")
    icons = share / "icons/hicolor"
    place(ICON, icons / "scalable/apps/fairlead.svg")
    for size, image in render_icons(ICON_SIZES):
        path = icons / f"{size}x{size}/apps/fairlead.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(image)


def add_documents(root: Path) -> None:
    """Put the copyright file and the changelog below `root`, where Debian has them."""
    folder = root / "usr/share/doc/fairlead"
    place(LINUX / "copyright", folder / "copyright")
    text = (ROOT / "CHANGELOG.md").read_bytes()
    (folder / "changelog.gz").write_bytes(gzip.compress(text, mtime=0))


def add_control_files(root: Path, version: str, architecture: str) -> None:
    """Write what dpkg and debconf read: control, the question of a purge, and its script."""
    control = root / "DEBIAN"
    control.mkdir()
    size = sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir()) // 1024
    fields = {
        "Package": "fairlead",
        "Version": version,
        "Architecture": architecture,
        "Maintainer": "Fairlead <packages@fairlead.app>",
        "Installed-Size": str(size),
        "Depends": ", ".join(DEPENDS),
        "Recommends": ", ".join(RECOMMENDS),
        "Section": "misc",
        "Priority": "optional",
        "Description": "one sheet per customer, from Zendesk and Sailthru\n"
        " Look a customer up and see who they are in Zendesk and what Sailthru knows and sends:\n"
        " lists, opt-out, health, predicted value. Change what you may, with undo.",
    }
    lines = (f"{name}: {value}\n" for name, value in fields.items())
    (control / "control").write_text("".join(lines), encoding="utf-8")
    place(LINUX / "templates", control / "templates")
    place(LINUX / "postrm", control / "postrm")
    (control / "postrm").chmod(0o755)


def set_modes_and_times(root: Path, built_at: int) -> None:
    """Give every file the mode that Debian wants, whatever this person's umask, and one time."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            is_program = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if is_program else 0o644)
        os.utime(path, (built_at, built_at), follow_symlinks=False)


def place(source: Path, target: Path) -> None:
    """Copy a file to where it shall lie; its folders are made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def run(*command: str, **environment: str) -> str:
    """Run a tool and return what it said. Raises RuntimeError with its complaint."""
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr or done.stdout}")
    return done.stdout.strip()
