"""Read the sandbox's own TOML and JSON data files from the installed package."""

import json
import tomllib
from importlib.resources import files
from typing import Any


def read_data_file(folder: str, name: str) -> dict[str, Any]:
    """Return the content of `FOLDER/data/NAME`, a TOML or a JSON file, as a dictionary."""
    # Through importlib.resources: an installed copy may lie in a zip archive.
    text = files("desktop.sandbox").joinpath(folder, "data", name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
    return loaded
