"""A released version of Fairlead, as the address of new versions names it."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from desktop.kit.errors import InvalidInput

_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){1,3}")


@dataclass(frozen=True)
class AppRelease:
    """A released version (“0.3.0”), and the address of a page that says what is new, or ""."""

    version: str
    notes_url: str = ""

    def is_newer_than(self, installed: str) -> bool:
        """Whether this release comes after an installed version; a pre-release counts as older."""
        return _numbers(self.version) > _numbers(installed)


def parse_release(document: object) -> AppRelease:
    """Parse `{"version": "0.3.0", "notes": "https://…"}`; `notes` may be missing.

    Raises InvalidInput for anything else; notes that are no https link are dropped.
    """
    version = document.get("version") if isinstance(document, dict) else None
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise InvalidInput(
            "The address of new versions does not name one.",
            'Its answer is not a JSON object with a "version" such as "0.3.0".',
            "An admin corrects it in Settings under Advanced.",
        )
    notes = document.get("notes") if isinstance(document, dict) else None
    return AppRelease(version, notes if isinstance(notes, str) and _is_https(notes) else "")


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.match(version)
    numbers = [int(part) for part in found.group().split(".")] if found else []
    # “1.2” and “1.2.0” are one version.
    return tuple(numbers + [0] * (4 - len(numbers)))
