"""The recipes of the MSI and the disk image, as far as another system can check them.

Neither was ever built by these tests: they hold the recipes to the program's own paths and names.
"""

import plistlib
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.child_processes import ROOT
from tests.support.packaging_scripts import import_packaging_script

PACKAGING = ROOT / "packaging"
WIX = "{http://wixtoolset.org/schemas/v4/wxs}"


windows = import_packaging_script("build_windows_installer")
mac = import_packaging_script("build_mac_image")
packages = import_packaging_script("build_packages")


@pytest.fixture(scope="module")
def msi() -> ElementTree.Element:
    recipe = (PACKAGING / "windows" / "fairlead.wxs").read_text(encoding="utf-8")
    package = ElementTree.fromstring(recipe).find(f"{WIX}Package")  # noqa: S314 - our own file
    assert package is not None
    return package


def test_msi_is_per_machine_and_replaces_older_versions(msi: ElementTree.Element) -> None:
    upgrade = msi.find(f"{WIX}MajorUpgrade")
    assert msi.get("Scope") == "perMachine"
    assert upgrade is not None
    # Inside the transaction, or a failed upgrade would leave nothing installed.
    assert upgrade.get("Schedule") == "afterInstallInitialize"


def test_msi_component_ids_are_unique_and_all_in_the_feature(msi: ElementTree.Element) -> None:
    components = {one.get("Id") for one in msi.iter(f"{WIX}Component")}
    guids = [one.get("Guid") for one in msi.iter(f"{WIX}Component")]
    referred = {one.get("Id") for one in msi.iter(f"{WIX}ComponentRef")}
    assert components == referred
    assert len(set(guids)) == len(guids) == len(components)


def test_msi_puts_the_policy_where_the_program_reads_it(msi: ElementTree.Element) -> None:
    from desktop.settings import policy_file_discovery

    source = Path(policy_file_discovery.__file__).read_text(encoding="utf-8")
    folder = next(
        one.find(f"{WIX}Directory")
        for one in msi.iter(f"{WIX}StandardDirectory")
        if one.get("Id") == "CommonAppDataFolder"
    )
    copied = next(iter(msi.iter(f"{WIX}CopyFile")))
    assert folder is not None
    assert f'program_data() / "{folder.get("Name")}"' in source
    assert f'"{copied.get("SourceName")}"' in source
    policy = next(c for c in msi.iter(f"{WIX}Component") if c.get("Id") == "Policy")
    assert policy.get("Permanent") == "yes"


def test_msi_registers_links_as_the_program_itself_does(msi: ElementTree.Element) -> None:
    from desktop.app import url_scheme_registration

    source = Path(url_scheme_registration.__file__).read_text(encoding="utf-8")
    keys = {one.get("Key") for one in msi.iter(f"{WIX}RegistryValue")}
    assert r"Software\Classes\fairlead\shell\open\command" in keys
    assert r'base = r"Software\Classes\fairlead"' in source


def test_every_variable_of_the_msi_is_given_by_the_build(tmp_path: Path) -> None:
    command = windows.wix_command(tmp_path, tmp_path / "i.ico", tmp_path / "f.msi", "0.2.0")
    given = {part.partition("=")[0] for part in command if "=" in part}
    assert given == set(re.findall(r"\$\((\w+)\)", windows.SOURCE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("version", ["0.2", "0.2.0.dev1", "0.2.0.1", "1000.0.0"])
def test_version_that_windows_cannot_compare_is_refused(version: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="three numbers"):
        windows.wix_command(tmp_path, tmp_path / "i.ico", tmp_path / "f.msi", version)


def test_entitlements_are_a_plist_that_grants_no_debugging() -> None:
    entitlements = plistlib.loads((PACKAGING / "macos" / "entitlements.plist").read_bytes())
    assert set(entitlements.values()) == {True}
    # Apple notarises no app with it.
    assert "com.apple.security.get-task-allow" not in entitlements


def test_image_is_signed_before_it_is_notarised_and_stapled_after(tmp_path: Path) -> None:
    commands = [" ".join(c) for c in mac.notarise_commands("ID", tmp_path / "f.dmg")]
    order = [
        next(i for i, c in enumerate(commands) if word in c)
        for word in ("codesign --sign", "notarytool submit", "stapler staple", "spctl --assess")
    ]
    assert order == sorted(order)


def test_workflow_names_packages_and_scripts_that_there_are() -> None:
    text = (PACKAGING / "ci" / "windows-and-macos.yml").read_text(encoding="utf-8")
    for line in re.findall(r"dev\.py package ([\w ]+?)(?: --into.*)?$", text, re.MULTILINE):
        assert set(line.split()) <= set(packages.PACKAGES), line
    scripts = re.findall(r"python3? (packaging/\w+\.py)", text)
    assert scripts
    assert [s for s in scripts if not (ROOT / s).is_file()] == []
