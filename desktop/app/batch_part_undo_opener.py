"""Takes some of a batch from a report to the page Many at once, which previews their undo."""

from collections.abc import Callable, Collection

from desktop.panels.batches.batch_page import BatchPage


def open_part_undo(
    open_page: Callable[[], BatchPage | None], batch_id: str, sids: Collection[str], note: str
) -> None:
    """Show what the customers with these sids get back of a batch; nothing is changed yet.

    `open_page` opens the page, or returns None where it may not be opened, which it has said.
    """
    page = open_page()
    if page is not None:
        page.model.undo_part(batch_id, sids, note)
