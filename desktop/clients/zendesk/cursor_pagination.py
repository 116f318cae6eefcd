"""Zendesk's cursor pagination: the next page's cursor, and a guard against pages that repeat.

https://developer.zendesk.com/api-reference/introduction/pagination/
"""

from collections.abc import Hashable, Mapping
from urllib.parse import parse_qsl, urlsplit

from desktop.clients.zendesk.error_mapping import endless_list_error

PAGE_SIZE = 100


def next_cursor(document: Mapping[str, object]) -> str | None:
    """Return Zendesk's cursor of the page after this answer's, or None for the last page.

    Raises ServiceError when more is promised without saying where.
    """
    meta, links = document.get("meta"), document.get("links")
    if not isinstance(meta, dict) or meta.get("has_more") is not True:
        return None
    after = meta.get("after_cursor")
    if isinstance(after, str) and after:
        return after
    next_url = links.get("next") if isinstance(links, dict) else None
    if isinstance(next_url, str):
        try:
            # Only the cursor is taken, so that no answer can send us to another host.
            query = dict(parse_qsl(urlsplit(next_url).query))
        except ValueError:
            query = {}
        if query.get("page[after]"):
            return query["page[after]"]
    raise endless_list_error()


class PageLoopDetector:
    """Raises ServiceError when a Zendesk list or export repeats pages or leads nowhere.

    It follows one list at a time; a page that is not the next one of it begins another.
    `max_empty_pages` in a row are allowed although there is said to be more: a search may look
    through a slice of its records in which nothing fits. `max_pages` bounds a list. An export
    may have a million rows, so only the last page's are remembered unless `remembers_all_rows`.
    """

    def __init__(
        self,
        *,
        max_empty_pages: int = 1,
        max_pages: int | None = None,
        remembers_all_rows: bool = False,
    ) -> None:
        self._max_empty_pages = max_empty_pages
        self._max_pages = max_pages
        self._remembers_all_rows = remembers_all_rows
        self._seen_cursors: set[str] = set()
        self._expected_cursor: str | None = None
        self._rows: frozenset[Hashable] = frozenset()
        self._empty_pages = 0

    def check_page(
        self, cursor: str | None, rows: frozenset[Hashable], following: str | None, *, is_last: bool
    ) -> None:
        """Record a Zendesk page at `cursor` (None: the first) with its `rows`, and the next one.

        `rows` identify records and their versions: one that changed meanwhile is a new row.
        """
        if cursor is None or cursor != self._expected_cursor:
            self._seen_cursors = set() if cursor is None else {cursor}
            self._rows, self._empty_pages = frozenset(), 0
        if is_last:
            self._expected_cursor = following
            return
        self._empty_pages = 0 if rows else self._empty_pages + 1
        has_nothing_new = bool(rows) and rows <= self._rows
        is_stuck = not following or following in self._seen_cursors
        is_too_long = self._max_pages is not None and len(self._seen_cursors) >= self._max_pages
        if has_nothing_new or is_stuck or is_too_long or self._empty_pages > self._max_empty_pages:
            raise endless_list_error()
        if self._remembers_all_rows:
            self._rows |= rows
        else:
            self._rows = rows or self._rows
        self._expected_cursor = following
        if following:
            self._seen_cursors.add(following)
