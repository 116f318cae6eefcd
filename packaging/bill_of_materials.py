"""Lists what a bundle is made of as CycloneDX 1.6, read from the bundle itself."""

import hashlib
import json
import platform
import sqlite3
import ssl
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

Component = dict[str, Any]


def write_bill_of_materials(bundle: Path, path: Path, version: str, built_at: int) -> None:
    """Write the components of a bundle as CycloneDX JSON; `built_at` are Unix seconds.

    The same bundle, version and time make the same file. Raises RuntimeError for a bundle without
    metadata of its parts.
    """
    packages = [
        python_component(found) for found in distributions(path=[str(library_folder(bundle))])
    ]
    if not packages:
        raise RuntimeError(f"{bundle} holds no metadata of its packages.")
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"fairlead/{version}/{built_at}")
    native = [*native_components(), *shared_libraries(library_folder(bundle))]
    components = sorted([*packages, *native], key=lambda one: str(one["bom-ref"]))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(built_at, UTC).isoformat().replace("+00:00", "Z"),
            "component": {
                "type": "application", "name": "fairlead", "version": version,
                "bom-ref": f"fairlead@{version}",
            },
        },
        "components": components,
    }  # fmt: skip
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def library_folder(bundle: Path) -> Path:
    """Return the folder of a bundle's libraries; PyInstaller names it `_internal`."""
    return bundle / "_internal"


def python_component(found: Distribution) -> Component:
    """Return the CycloneDX component of a Python package, with its licence as it states it."""
    name = found.metadata["Name"].lower().replace("_", "-")
    purl = f"pkg:pypi/{name}@{found.version}"
    component: Component = {
        "type": "library", "name": name, "version": found.version, "purl": purl, "bom-ref": purl,
    }  # fmt: skip
    headers = {key: found.metadata[key] for key in found.metadata}
    if expression := headers.get("License-Expression", ""):
        component["licenses"] = [{"expression": expression}]
    # Some packages put their whole licence text there.
    elif (stated := headers.get("License", "").strip()) and len(stated) < 100:
        component["licenses"] = [{"license": {"name": stated}}]
    return component


def native_components() -> Iterator[Component]:
    """Yield what the bundle brings along beside Python packages: Python, OpenSSL and SQLite."""
    openssl = ssl.OPENSSL_VERSION.split()[1]
    for name, version in (
        ("python", platform.python_version()),
        ("openssl", openssl),
        ("sqlite", sqlite3.sqlite_version),
    ):
        purl = f"pkg:generic/{name}@{version}"
        yield {
            "type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl,
        }  # fmt: skip


def shared_libraries(folder: Path) -> Iterator[Component]:
    """Yield the system's shared libraries that PyInstaller collected, by file name and SHA-256."""
    for path in sorted(folder.glob("*.so*")):
        # Links stand for the file they lead to, which belongs to a package.
        if path.is_symlink():
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        yield {
            "type": "file", "name": path.name, "bom-ref": f"file:{path.name}",
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }  # fmt: skip
