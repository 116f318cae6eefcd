"""Follows Zendesk's cursor pages and notices when they lead in a circle (contract zendesk 11)."""

from collections.abc import Hashable, Mapping
from urllib.parse import parse_qsl, urlsplit

from desktop.clients.zendesk.error_mapping import endless_list_error

PAGE_SIZE = 100
# Offset lists stop at 10,000 records too; no list this app reads to its end is longer.
_MAX_PAGES = 100


def next_cursor(document: Mapping[str, object]) -> str | None:
    """Where the next page begins, or None after the last.

    Only the cursor is taken from `links.next`, so that no answer can send us to another host.
    Raises ServiceTrouble when more is promised without saying where.
    """
    meta, links = document.get("meta"), document.get("links")
    if not isinstance(meta, dict) or meta.get("has_more") is not True:
        return None
    after = meta.get("after_cursor")
    if isinstance(after, str) and after:
        return after
    following = links.get("next") if isinstance(links, dict) else None
    if isinstance(following, str):
        try:
            query = dict(parse_qsl(urlsplit(following).query))
        except ValueError:
            query = {}
        if query.get("page[after]"):
            return query["page[after]"]
    raise endless_list_error()


class PageLoopDetector:
    """Watches one walk through pages; `seen` raises ServiceTrouble when nothing new comes."""

    def __init__(self) -> None:
        self._cursors: set[str] = set()
        self._ids: set[Hashable] = set()

    def check_page(self, cursor: str | None, ids: set[int]) -> None:
        """A page with these ids came, and the next one begins at `cursor` (None: the last)."""
        news = ids - self._ids
        self._ids |= ids
        if cursor is None:
            return
        if not news or cursor in self._cursors or len(self._cursors) >= _MAX_PAGES:
            raise endless_list_error()
        self._cursors.add(cursor)
