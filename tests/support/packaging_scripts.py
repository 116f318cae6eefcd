"""Imports the scripts of `packaging/`, which is a folder of programs and no package."""

import importlib
import sys
from types import ModuleType

from tests.support.child_processes import ROOT


def import_packaging_script(name: str) -> ModuleType:
    """Import `packaging/NAME.py` as its programs do: by its bare name, beside the others."""
    folder = str(ROOT / "packaging")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(folder)
