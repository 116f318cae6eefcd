"""Releases of Fairlead: which is newer, and what an address may answer."""

import pytest

from desktop.kit.errors import InvalidInput
from desktop.model.app_release import AppRelease, parse_release


@pytest.mark.parametrize(
    ("version", "installed", "is_newer"),
    [
        ("0.3.0", "0.2.0", True),
        ("0.10.0", "0.9.0", True),
        ("1.0", "1.0.0", False),
        ("0.2.0", "0.2.0", False),
        ("0.1.9", "0.2.0", False),
        ("0.2.0.1", "0.2.0", True),
        ("0.3.0", "0.3.0.dev1", False),
    ],
)
def test_release_is_newer_by_its_numbers(version: str, installed: str, is_newer: bool) -> None:
    assert AppRelease(version).is_newer_than(installed) is is_newer


@pytest.mark.parametrize(
    ("document", "release"),
    [
        ({"version": "0.3.0"}, AppRelease("0.3.0")),
        (
            {"version": "0.3.0", "notes": "https://fairlead.example/new"},
            AppRelease("0.3.0", "https://fairlead.example/new"),
        ),
        ({"version": "0.3.0", "notes": "javascript:alert(1)"}, AppRelease("0.3.0")),
        ({"version": "0.3.0", "notes": "http://fairlead.example"}, AppRelease("0.3.0")),
        ({"version": "0.3.0", "notes": "https://[bad"}, AppRelease("0.3.0")),
        ({"version": "0.3.0", "notes": 3}, AppRelease("0.3.0")),
    ],
)
def test_answer_is_parsed_without_doubtful_links(document: object, release: AppRelease) -> None:
    assert parse_release(document) == release


@pytest.mark.parametrize(
    "document", [None, [], "0.3.0", {}, {"version": 3}, {"version": "soon"}, {"version": "3"}]
)
def test_answer_without_a_version_is_refused(document: object) -> None:
    with pytest.raises(InvalidInput, match="does not name one"):
        parse_release(document)
