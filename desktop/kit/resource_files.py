"""Finds the bundled files of `resources/`: beside the package in a checkout, inside a wheel."""

from pathlib import Path

_PACKAGE_DIR = Path(__file__).resolve().parent.parent


def resource_path(*parts: str) -> Path:
    """Return the path of a bundled file, such as `resource("icons", "close.svg")`."""
    # The wheel and the bundle carry the folder as `desktop/_resources` (pyproject's force-include).
    # A checkout has no such folder, a wheel has nothing beside the package.
    installed = _PACKAGE_DIR / "_resources"
    root = installed if installed.is_dir() else _PACKAGE_DIR.parent / "resources"
    return root.joinpath(*parts)
