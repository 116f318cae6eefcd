"""Read the sandbox's own TOML, JSON and HTML data files from the installed package."""

import json
import tomllib
from importlib.resources import files
from typing import Any


def read_data_text(folder: str, name: str) -> str:
    """Return the text of the sandbox's data file `FOLDER/data/NAME`."""
    # Through importlib.resources: an installed copy may lie in a zip archive.
    return files("desktop.sandbox").joinpath(folder, "data", name).read_text(encoding="utf-8")


def read_data_file(folder: str, name: str) -> dict[str, Any]:
    """Return the sandbox's data file `FOLDER/data/NAME`, TOML or JSON, as a dictionary."""
    text = read_data_text(folder, name)
    loaded: dict[str, Any] = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
    return loaded
