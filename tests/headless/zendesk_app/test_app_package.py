"""The Zendesk app's zip: what Zendesk would refuse, what it must not do, and the same bytes."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.support.zendesk_app_build import SCRIPT, build_app, run_build

SOURCE = SCRIPT.parent / "zendesk-app"


def test_app_is_fit_to_upload(tmp_path: Path) -> None:
    archive = zipfile.ZipFile(build_app(tmp_path))
    names = archive.namelist()
    # Zendesk refuses a manifest in a folder of its own.
    assert "manifest.json" in names
    assert names == sorted(names)
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["private"] is True
    assert list(manifest["location"]["support"]) == ["ticket_sidebar"]
    assert manifest["location"]["support"]["ticket_sidebar"]["url"] in names
    assert f"translations/{manifest['defaultLocale']}.json" in names
    assert not {"parameters", "domainWhitelist", "oauth", "requirementsOnly"} & set(manifest)


def test_app_is_built_alike_every_time(tmp_path: Path) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(SOURCE, copied, copy_function=shutil.copyfile)
    for each in copied.rglob("*"):
        each.chmod(0o700)
    first = build_app(tmp_path / "one").read_bytes()
    assert run_build("--source", str(copied), "--to", str(tmp_path / "two")).returncode == 0
    (second,) = (tmp_path / "two").iterdir()
    assert second.read_bytes() == first


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("manifest.json", '"private": true', '"private": false', "private must be true"),
        ("manifest.json", "ticket_sidebar", "nav_bar", "location must be"),
        ("manifest.json", '"2.0"', '"1.0"', "frameworkVersion must be"),
        ("manifest.json", '"version": "1.0.0"', '"version": 1', "version must be three numbers"),
        (
            "manifest.json",
            '"author": {',
            '"parameters": [], "author": {',
            "parameters is not wanted",
        ),
        ("manifest.json", '"email": ""', '"email": 1', "author must be"),
        ("manifest.json", "}", "", "cannot be read"),
        ("translations/en.json", '"short_description"', '"description"', "app must have"),
        ("assets/iframe.html", "zaf_sdk.min.js", "other.js", "must load"),
        ("assets/iframe.html", "connect-src 'none';", "", "must refuse requests"),
        ("assets/iframe.html", "<main>", "<main onclick='x()'>", "files of their own"),
        ("assets/app.js", "'use strict';", "client.request('/api/v2/users');", "sends a request"),
        ("assets/app.js", "'use strict';", "var api_key = '1';", "looks like a secret"),
    ],
)
def test_unfit_app_is_refused(tmp_path: Path, name: str, old: str, new: str, said: str) -> None:
    copied = tmp_path / "app"
    shutil.copytree(SOURCE, copied)
    file = copied / name
    text = file.read_text(encoding="utf-8")
    before, found, after = text.rpartition(old)
    assert found
    file.write_text(before + new + after, encoding="utf-8")
    built = run_build("--source", str(copied), "--to", str(tmp_path / "out"))
    assert built.returncode == 1
    assert said in built.stderr
    assert not (tmp_path / "out").exists()


def test_missing_extra_and_odd_files_are_refused(tmp_path: Path) -> None:
    copied = tmp_path / "app"
    shutil.copytree(SOURCE, copied)
    (copied / "assets" / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    (copied / "assets" / "logo-small.png").unlink()
    (copied / "assets" / "notes.txt").write_text("a draft", encoding="utf-8")
    said = run_build("--source", str(copied)).stderr
    assert "assets/logo.png must be a PNG of 320 x 320 pixels" in said
    assert "assets/logo-small.png is missing" in said
    assert "assets/notes.txt is not wanted" in said
