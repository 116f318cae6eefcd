"""Checks the Zendesk app in `packaging/zendesk-app/` and builds the zip that an admin uploads.

`python packaging/zendesk_app.py --to FOLDER` writes `fairlead-zendesk-app-VERSION.zip`; without
`--to` it checks alone. The rules are those Zendesk checks at the upload (its open-source
zendesk_apps_support) and our own: a private app for the ticket sidebar, without settings, secrets
and requests. Standard library only, like `dev.py`.
"""

import argparse
import json
import re
import struct
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parent / "zendesk-app"
# https://developer.zendesk.com/documentation/apps/getting-started/uploading-and-installing-a-private-app/
MAX_ZIP_BYTES = 2_000_000
SDK_URL = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"
PAGE = "assets/iframe.html"
TRANSLATION = "translations/en.json"
# https://developer.zendesk.com/documentation/apps/publish-your-app-or-theme/create_assets
LOGO_SIZES = {"assets/logo.png": 320, "assets/logo-small.png": 128}
# Zendesk warns of these words at the upload, and the app has no use for any.
SECRET_WORDS = re.compile(r"(?i)password|secret|api_key|auth_?key|token|private key")
REQUEST_CALLS = re.compile(r"client\.request|XMLHttpRequest|\bfetch\(|sendBeacon|WebSocket")
# Every build gives the same bytes: no clock, no owner, and no compression, which differs by zlib.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o100644


def main(arguments: Sequence[str]) -> int:
    """Check the app and, with `--to`, build its zip; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=SOURCE)
    parser.add_argument("--to", type=Path, metavar="FOLDER")
    options = parser.parse_args(arguments)
    faults = list(find_faults(options.source))
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults and options.to is not None:
        print(build_zip(options.source, options.to))
    return 1 if faults else 0


def build_zip(source: Path, folder: Path) -> Path:
    """Write the app's zip into `folder`, byte for byte the same at every build."""
    version = json.loads((source / "manifest.json").read_text(encoding="utf-8"))["version"]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"fairlead-zendesk-app-{version}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in _files(source):
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.create_system = 3  # Unix, also when built on Windows
            entry.external_attr = _FILE_MODE << 16
            archive.writestr(entry, (source / name).read_bytes())
    return target


def find_faults(source: Path) -> Iterator[str]:
    """Say what keeps the app from being uploaded, or what it must not do; nothing: it is fit."""
    try:
        manifest = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
        names = json.loads((source / TRANSLATION).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield f"manifest.json or {TRANSLATION} cannot be read: {error}"
        return
    yield from _manifest_faults(manifest)
    yield from _translation_faults(names)
    yield from _file_faults(source)


def _manifest_faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    location = {"support": {"ticket_sidebar": {"url": PAGE, "flexible": True}}}
    wanted = {
        "name": "Fairlead",
        "private": True,
        "frameworkVersion": "2.0",
        "defaultLocale": "en",
        "location": location,
    }
    for key, value in wanted.items():
        if manifest.get(key) != value:
            yield f"manifest.json: {key} must be {json.dumps(value)}"
    author = manifest.get("author")
    if not isinstance(author, dict) or not all(isinstance(v, str) for v in author.values()):
        yield "manifest.json: author must be an object of texts"
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(manifest.get("version"))):
        yield "manifest.json: version must be three numbers, such as 1.0.0"
    # Settings could hold secrets, a domain list lets requests out, and OAuth asks for rights.
    for key in sorted(set(manifest) - {*wanted, "author", "version"}):
        yield f"manifest.json: {key} is not wanted"


def _translation_faults(names: Any) -> Iterator[str]:
    texts = names.get("app") if isinstance(names, dict) else None
    wanted = ("name", "short_description", "long_description", "installation_instructions")
    if not isinstance(texts, dict) or not all(texts.get(key) for key in wanted):
        yield f"{TRANSLATION}: app must have {', '.join(wanted)}"


def _file_faults(source: Path) -> Iterator[str]:
    names = _files(source)
    expected = {"manifest.json", TRANSLATION, PAGE, "assets/app.js", "assets/app.css", *LOGO_SIZES}
    for name in sorted(expected - set(names)):
        yield f"{name} is missing"
    for name in sorted(set(names) - expected):
        yield f"{name} is not wanted"
    if any((source / name).is_symlink() for name in names):
        yield "a symbolic link is refused at the upload"
    if sum((source / name).stat().st_size for name in names) > MAX_ZIP_BYTES:
        yield f"the app is larger than {MAX_ZIP_BYTES:,} bytes"
    for name, size in LOGO_SIZES.items():
        if name in names and _png_size(source / name) != (size, size):
            yield f"{name} must be a PNG of {size} x {size} pixels"
    for name in names:
        if not name.endswith(".png"):
            yield from _text_faults(name, (source / name).read_text(encoding="utf-8"))


def _text_faults(name: str, text: str) -> Iterator[str]:
    if found := SECRET_WORDS.search(text):
        yield f"{name}: “{found[0]}” looks like a secret"
    if found := REQUEST_CALLS.search(text):
        yield f"{name}: “{found[0]}” sends a request"
    if name == PAGE:
        if SDK_URL not in text:
            yield f"{name}: it must load {SDK_URL}"
        if not re.search(r"<meta[^>]*connect-src 'none'", text):
            yield f"{name}: its content policy must refuse requests"
        if re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|<style", text):
            yield f"{name}: scripts and styles belong in files of their own"


def _png_size(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:24]
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        return 0, 0
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def _files(source: Path) -> list[str]:
    return sorted(
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() or path.is_symlink()
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
