"""Watches a long export page by page, whatever its length (contract zendesk 8, 15.1).

Unlike `cursor.Circle` it keeps the last page's rows only: an export may have a million.
"""

from collections.abc import Hashable

from desktop.clients.zendesk.error_mapping import endless_list_error


class ExportLoopDetector:
    """One walk at a time; a page that is not the next one of it begins another.

    `empty_pages` in a row are allowed although there is said to be more: a service may look
    through a slice of its records in which nothing fits.
    """

    def __init__(self, empty_pages: int = 1) -> None:
        self._empty_pages = empty_pages
        self._passed: set[str] = set()
        self._last: str | None = None
        self._rows: frozenset[Hashable] = frozenset()
        self._empty = 0

    def check_page(
        self, asked: str | None, rows: frozenset[Hashable], following: str | None, *, ended: bool
    ) -> None:
        """The page at `asked` (None: the first) held these rows; the next is at `following`.

        Raises ServiceTrouble when the walk repeats itself or leads nowhere.
        """
        if asked is None or asked != self._last:
            self._passed = set() if asked is None else {asked}
            self._rows, self._empty = frozenset(), 0
        if ended:
            self._last = following
            return
        self._empty = 0 if rows else self._empty + 1
        nothing_new = bool(rows) and rows <= self._rows
        no_way_on = not following or following in self._passed
        if nothing_new or no_way_on or self._empty > self._empty_pages:
            raise endless_list_error()
        self._rows, self._last = rows or self._rows, following
        if following:
            self._passed.add(following)
