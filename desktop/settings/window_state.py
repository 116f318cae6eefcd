"""Reads and writes `state.json`: window geometry, page, dismissed hints and the last user.

Anything odd in the file is dropped: a window in its usual place is better than none.
"""

import base64
import binascii
import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
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
# Ids alone: names and addresses are in the mirror, where retention and erasure reach them.
_TAB_QUERY = re.compile(r"id:[0-9]{1,19}|sid:[0-9a-f]{24}")
# More customers than anybody finds again in a row of tabs.
MAX_TABS = 50


@dataclass(frozen=True)
class SavedTab:
    """A tab of the page Customers in `state.json`; `query` is `id:…` (Zendesk) or `sid:…`."""

    query: str
    is_pinned: bool = False
    is_following: bool = False
    is_current: bool = False


@dataclass(frozen=True)
class WindowState:
    """What the window remembers in `state.json`: geometry and layout, the page, table headers.

    `seen` names the hints that were dismissed. `person_name` and `person_id` are who was signed
    in last, so that an offline start can say so, `person_role` is what Zendesk said of them then
    (`person_at`, Unix seconds); they grant nothing. `typed_account` is the Zendesk account of a
    set-up that was left before the sign-in.
    """

    geometry: bytes = b""
    layout: bytes = b""
    page: str = ""
    rail_pages: frozenset[str] = frozenset()
    table_headers: Mapping[str, bytes] = field(default_factory=dict)
    dismissed_hints: frozenset[str] = frozenset()
    last_user_name: str = ""
    last_user_id: int | None = None
    tabs: tuple[SavedTab, ...] = ()
    last_user_role: str = ""
    last_user_at: float = 0.0
    typed_account: str = ""


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

    def drop_tabs(self, ids: Collection[str] | None = None) -> None:
        """Drop the tabs of erased customers, by Zendesk user id or sid, from `state.json`.

        None: of all customers.
        """
        state = self.read()
        kept = [t for t in state.tabs if ids is not None and t.query.partition(":")[2] not in ids]
        if len(kept) < len(state.tabs):
            self.write(replace(state, tabs=tuple(kept)))


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
        tabs=_parse_tabs(document.get("tabs")),
        last_user_role=_short_text(document.get("person_role")),
        last_user_at=_seconds(document.get("person_at")),
        typed_account=_short_text(document.get("typed_account")),
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
        "tabs": [
            {
                "query": tab.query,
                "pinned": tab.is_pinned,
                "following": tab.is_following,
                "current": tab.is_current,
            }
            for tab in state.tabs
        ],
        "person_role": state.last_user_role,
        "person_at": state.last_user_at,
        "typed_account": state.typed_account,
    }


def _parse_tabs(value: Json) -> tuple[SavedTab, ...]:
    rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
    tabs: dict[str, SavedTab] = {}
    for row in rows[:MAX_TABS]:
        query = row.get("query")
        if isinstance(query, str) and _TAB_QUERY.fullmatch(query):
            flags = (row.get(name) is True for name in ("pinned", "following", "current"))
            tabs.setdefault(query, SavedTab(query, *flags))
    return tuple(tabs.values())


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


def _seconds(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    # A whole number of any length is valid JSON, and no time of the clock.
    return float(value) if 0 <= value < 1e11 else 0.0


def _short_text(value: Json) -> str:
    if isinstance(value, str) and len(value) <= _LONGEST and value.isprintable():
        return value
    return ""
