"""Reads and writes `state.json`: window geometry, page, dismissed hints and the last user.

Anything odd in the file is dropped: a window in its usual place is better than none.
"""

import base64
import binascii
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desktop.kit.errors import AppError
from desktop.model.json_value import Json
from desktop.settings import json_file

log = logging.getLogger(__name__)

# Qt's geometry has some hundred bytes, a window's layout a few KB (base64).
_LARGEST_BYTES = 16_384
# The window has a dozen tables and hints; more is damage.
_MOST_ENTRIES = 64
_LONGEST = 200


@dataclass(frozen=True)
class WindowState:
    """What the window remembers in `state.json`: geometry and layout, the page, table headers.

    `seen` names the hints that were dismissed. `person_name` and `person_id` are who was signed
    in last, so that an offline start can say so; they grant nothing.
    """

    geometry: bytes = b""
    layout: bytes = b""
    page: str = ""
    rail_pages: frozenset[str] = frozenset()
    table_headers: Mapping[str, bytes] = field(default_factory=dict)
    dismissed_hints: frozenset[str] = frozenset()
    last_user_name: str = ""
    last_user_id: int | None = None


class WindowStateFile:
    """The file `state.json` of one workspace."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> WindowState:
        """Read `state.json`; whatever is invalid in the file is left out."""
        try:
            document = json_file.read_json_object(self._path) or {}
        except AppError as error:
            log.info("The window's state is not used: %s", error)
            return WindowState()
        return _parse_state(document)

    def write(self, state: WindowState) -> None:
        """Write `state.json`; a failing disk is logged and never keeps a window from closing."""
        try:
            json_file.write_json_object(self._path, _serialize_state(state))
        except AppError as error:
            log.info("The window's state was not saved: %s", error)


def _parse_state(document: Mapping[str, Json]) -> WindowState:
    headers = document.get("headers")
    person = document.get("person_id")
    return WindowState(
        geometry=_bytes(document.get("geometry")),
        layout=_bytes(document.get("layout")),
        page=_short_text(document.get("page")),
        rail_pages=_short_texts(document.get("rail")),
        table_headers={
            key: _bytes(value)
            for key, value in list(headers.items())[:_MOST_ENTRIES]
            if _short_text(key) and _bytes(value)
        }
        if isinstance(headers, Mapping)
        else {},
        dismissed_hints=_short_texts(document.get("seen")),
        last_user_name=_short_text(document.get("person_name")),
        last_user_id=person if isinstance(person, int) and not isinstance(person, bool) else None,
    )


def _serialize_state(state: WindowState) -> Mapping[str, Json]:
    return {
        "geometry": _text(state.geometry),
        "layout": _text(state.layout),
        "page": state.page,
        "rail": sorted(state.rail_pages),
        "headers": {key: _text(value) for key, value in state.table_headers.items()},
        "seen": sorted(state.dismissed_hints),
        "person_name": state.last_user_name,
        "person_id": state.last_user_id,
    }


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(value: Json) -> bytes:
    if not isinstance(value, str) or len(value) > _LARGEST_BYTES:
        return b""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _short_texts(value: Json) -> frozenset[str]:
    if not isinstance(value, list):
        return frozenset()
    return frozenset(text for text in map(_short_text, value[:_MOST_ENTRIES]) if text)


def _short_text(value: Json) -> str:
    if isinstance(value, str) and len(value) <= _LONGEST and value.isprintable():
        return value
    return ""
