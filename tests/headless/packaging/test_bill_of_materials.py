"""The list of what a bundle is made of, read from the bundle."""

import json
import sys
from pathlib import Path

import pytest

from tests.support.packaging_scripts import import_packaging_script

PACKAGE = """Metadata-Version: 2.4
Name: {name}
Version: 1.2.3
License-Expression: MIT
"""


bill_of_materials = import_packaging_script("bill_of_materials")
audit_dependencies = import_packaging_script("audit_dependencies")


def make_bundle(folder: Path, *names: str) -> Path:
    for name in names:
        info = folder / "_internal" / f"{name}-1.2.3.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(PACKAGE.format(name=name), encoding="utf-8")
    return folder


def test_packages_native_parts_and_shared_libraries_are_listed(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", "Some_Package", "other")
    (bundle / "_internal" / "libxcb.so.1").write_bytes(b"elf")
    (bundle / "_internal" / "link.so").symlink_to("libxcb.so.1")
    path = tmp_path / "bundle.cdx.json"
    bill_of_materials.write_bill_of_materials(bundle, path, "0.2.0", 1_790_000_000)
    document = json.loads(path.read_text(encoding="utf-8"))
    components = {one["name"]: one for one in document["components"]}
    assert {"some-package", "other", "python", "openssl", "sqlite", "libxcb.so.1"} == set(
        components
    )
    assert components["some-package"]["purl"] == "pkg:pypi/some-package@1.2.3"
    assert components["some-package"]["licenses"] == [{"expression": "MIT"}]
    assert components["python"]["version"] == ".".join(map(str, sys.version_info[:3]))
    references = [one["bom-ref"] for one in document["components"]]
    assert len(set(references)) == len(references)


def test_two_lists_of_one_bundle_are_the_same_file(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", "b", "a")
    for name in ("one", "two"):
        bill_of_materials.write_bill_of_materials(bundle, tmp_path / name, "0.2.0", 1_790_000_000)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_bundle_without_metadata_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no metadata"):
        bill_of_materials.write_bill_of_materials(tmp_path, tmp_path / "x", "0.2.0", 0)


@pytest.mark.parametrize(
    ("dependency", "code", "said"),
    [
        ({"name": "a", "version": "1", "vulns": []}, 0, ""),
        ({"name": "a", "skip_reason": "not on this index"}, 0, "tells nothing of 1 packages"),
        (
            {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]},
            1,
            "a 1: CVE-1, mended in 2",
        ),
        (
            {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": []}]},
            1,
            "no version yet",
        ),
    ],
)
def test_audit_fails_on_a_known_vulnerability_alone(
    dependency: dict[str, object], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit_dependencies.report_vulnerabilities({"dependencies": [dependency]}) == code
    captured = capsys.readouterr()
    assert said in captured.out + captured.err
