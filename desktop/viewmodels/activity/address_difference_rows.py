"""View of addresses changed in Zendesk and not in Sailthru, as rows of the page Activity."""

from desktop.kit.text import fold_text
from desktop.model.address_difference import AddressDifference
from desktop.model.lookup_query import record_query
from desktop.model.service import Service
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels import time_format
from desktop.viewmodels.activity.activity_detail_view import (
    ActivityAction,
    ActivityDetailView,
    OfferedAction,
)
from desktop.viewmodels.activity.activity_row import ActivityRow

# Tells their ids from those of edits in one list.
_ROW_ID_PREFIX = "address:"
_STATE = "Differs"


class AddressDifferenceLoader:
    """The differences of addresses that wait for a person, as the page Activity has read them."""

    def __init__(self, store: WorkspaceStore) -> None:
        self._store = store
        self._found: tuple[AddressDifference, ...] = ()

    @property
    def count(self) -> int:
        """How many customers on the page Activity have addresses that differ."""
        return len(self._found)

    async def read_again(self) -> None:
        """Read for the page Activity whose addresses differ now."""
        self._found = await self._store.address_differences.list_open()

    def find(self, row_id: str) -> AddressDifference | None:
        """Return the difference of addresses behind the Activity row with this id."""
        if not row_id.startswith(_ROW_ID_PREFIX):
            return None
        wanted = row_id.removeprefix(_ROW_ID_PREFIX)
        return next((one for one in self._found if str(one.user_id) == wanted), None)

    def rows(
        self, now: float, text: str, times: tuple[float | None, float | None]
    ) -> list[ActivityRow]:
        """Build the Activity rows of differences that hold every word of `text`, newest first.

        `times`: from which Unix second on, and before which; None: no bound.
        """
        since, until = times
        words = fold_text(text).split()
        return [
            _build_row(one, now)
            for one in self._found
            if (since is None or one.found_at >= since)
            and (until is None or one.found_at < until)
            and all(w in fold_text(f"{one.name}\n{one.old}\n{one.new}") for w in words)
        ]


def _build_row(found: AddressDifference, now: float) -> ActivityRow:
    return ActivityRow(
        id=f"{_ROW_ID_PREFIX}{found.user_id}",
        at=found.found_at,
        time=time_format.format_date_and_time(found.found_at, now),
        time_tooltip=time_format.format_full_timestamp(found.found_at),
        actor="Zendesk",
        customer=found.new,
        customer_name=found.name,
        subject="Primary address",
        change_text=f"Primary address: {found.old} → {found.new}",
        reason_text="Changed in Zendesk, not in Sailthru",
        state=_STATE,
        state_tone="warn",
        detail=found.obstacle,
        needs_attention=True,
    )


def build_difference_detail(found: AddressDifference, now: float) -> ActivityDetailView:
    """Build the details of a difference of addresses for the page Activity."""
    row = _build_row(found, now)
    return ActivityDetailView(
        id=row.id,
        title="Addresses differ",
        state=_STATE,
        state_tone="warn",
        facts=(
            ("Customer", found.name, f"Zendesk {found.user_id}"),
            ("In Zendesk", found.new, ""),
            ("In Sailthru", found.old, f"Profile {found.sid}"),
            ("Found", row.time, row.time_tooltip),
        ),
        message=f"Zendesk has the new address, Sailthru the old one. {found.obstacle}".rstrip(),
        actions=(
            OfferedAction(ActivityAction.OPEN_CUSTOMER),
            OfferedAction(ActivityAction.LEAVE),
            OfferedAction(ActivityAction.COPY),
        ),
    )


def difference_text(found: AddressDifference, now: float) -> str:
    """Format a difference of addresses on page Activity as lines, to paste into a ticket."""
    view = build_difference_detail(found, now)
    return "\n".join([view.title, *(f"{name}: {value}" for name, value, _ in view.facts)])


def customer_query_for_difference(found: AddressDifference) -> str:
    """Format the query by which the search field finds the customer whose addresses differ."""
    return record_query(Service.ZENDESK, str(found.user_id))
