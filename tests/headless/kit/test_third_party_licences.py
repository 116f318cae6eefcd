"""The licences of what Fairlead ships with: complete, and without the tools of its makers."""

import re
import tomllib
from pathlib import Path

from desktop.kit.third_party_licences import DIRECT_DEPENDENCIES, read_third_party_licences

ROOT = Path(__file__).parents[3]


def test_direct_dependencies_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split(r"[\[><=; ]", line)[0] for line in project["dependencies"]}
    assert set(DIRECT_DEPENDENCIES) == names


def test_licences_include_what_dependencies_need_and_no_tools() -> None:
    found = {licence.name.lower(): licence for licence in read_third_party_licences()}
    assert {"httpx", "anyio", "certifi", "h11", "click"} <= set(found)
    assert not {"pytest", "mypy", "ruff", "hypothesis"} & set(found)
    assert [name for name, licence in found.items() if not licence.licence] == []
    assert "Redistribution" in found["httpx"].text
    assert found["httpx"].homepage.startswith("https://")
