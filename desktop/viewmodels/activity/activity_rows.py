"""Builds the rows of the page Activity: edits, what runs wrote, other desks; filtered, in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desktop.kit.text import fold_text
from desktop.model.edit import Edit
from desktop.model.lookup_query import record_query
from desktop.model.service import Service
from desktop.model.team import TeamEntry
from desktop.store.audit_log import AuditEntry
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.activity.activity_detail_view import format_detail_text
from desktop.viewmodels.activity.activity_period import ActivityOrder, ActivityTimes
from desktop.viewmodels.activity.activity_row import (
    ActivityFilter,
    ActivityRow,
    build_activity_row,
    build_text_matcher,
    customer_query_for_edit,
    matches_filter,
)
from desktop.viewmodels.activity.address_difference_rows import (
    AddressDifferenceLoader,
    customer_query_for_difference,
    difference_text,
)
from desktop.viewmodels.activity.edit_loader import EditLoader
from desktop.viewmodels.activity.sync_audit_rows import (
    SyncAuditLoader,
    build_sync_row,
    customer_query_for_sync_row,
    format_sync_row_text,
)
from desktop.viewmodels.activity.team_entry_rows import (
    TeamEntryLoader,
    build_team_row,
    format_team_row_text,
)
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

_Target = tuple[Service, str]


@dataclass(frozen=True)
class ActivityChoice:
    """Which edits are shown: by filter, search and days, and in which order."""

    activity_filter: ActivityFilter
    search_text: str
    times: ActivityTimes
    order: ActivityOrder

    def bounds(self, now: float) -> tuple[float | None, float | None]:
        """Return the first and the last moment of the days, Unix seconds."""
        return self.times.bounds(now)


@dataclass
class ActivityRows:
    """Makes rows of what the loaders have read; customers are called as they are kept here."""

    workspace: WorkspaceProtocol
    store: WorkspaceStore
    edit_loader: EditLoader
    sync_audit_loader: SyncAuditLoader
    difference_loader: AddressDifferenceLoader
    team_loader: TeamEntryLoader

    def __post_init__(self) -> None:
        # What customers are called; "" for those of whom nothing is kept here.
        self._names: dict[_Target, str] = {}

    # Names.

    def forget_names(self) -> None:
        """Have the page Activity read every customer's name anew."""
        self._names.clear()

    def missing_names(self, *, with_syncs: bool, with_team: bool) -> list[_Target]:
        """Return whose names were not asked for yet."""
        wanted: set[_Target | None] = set(map(_target_of, self.edit_loader.edits()))
        if with_syncs:
            wanted |= set(map(_target_of_entry, self.sync_audit_loader.rows()))
        if with_team:
            wanted |= set(map(self._target_of_other, self.team_loader.rows()))
        return [each for each in wanted if each is not None and each not in self._names]

    async def read_names(self, missing: Sequence[_Target]) -> None:
        """Read names; of whom none is kept the name is "" from then on."""
        found = await self.store.sheet_reader.list_customer_names(list(missing))
        self._names |= dict.fromkeys(missing, "") | found

    # Rows.

    def build_filter(self, choice: ActivityChoice, now: float) -> Callable[[Edit], bool]:
        """Return which edits are shown under a filter, search and days."""
        matches = build_text_matcher(choice.search_text)
        since, until = choice.bounds(now)

        def is_shown(edit: Edit) -> bool:
            return (
                (since is None or edit.created_at >= since)
                and (until is None or edit.created_at < until)
                and self.matches(edit, choice.activity_filter)
                and matches(edit, self._names.get(_target_of(edit), ""))
            )

        return is_shown

    def matches(self, edit: Edit, activity_filter: ActivityFilter) -> bool:
        """Whether an edit belongs under a filter of the page Activity."""
        return matches_filter(
            edit,
            activity_filter,
            settled=self.edit_loader.is_settled(edit),
            pause=self.edit_loader.active_pauses.get(edit.id),
        )

    def build_edit_rows(self, choice: ActivityChoice, now: float) -> list[ActivityRow]:
        """Build the rows of edits, and of addresses that differ where somebody is needed."""
        is_shown = self.build_filter(choice, now)
        rows = [self.build_row(edit, now) for edit in self.edit_loader.edits() if is_shown(edit)]
        if choice.activity_filter is ActivityFilter.NEEDS_PERSON:
            bounds = choice.bounds(now)
            rows += self.difference_loader.rows(now, choice.search_text, bounds)
            rows.sort(key=lambda row: -row.at)
        return _sort_rows(rows, choice.order)

    def build_sync_rows(self, now: float) -> list[ActivityRow]:
        """Build the rows of what runs have written."""
        return [
            build_sync_row(entry, now, self._names.get(target, "") if target else "")
            for entry in self.sync_audit_loader.rows()
            for target in (_target_of_entry(entry),)
        ]

    def build_team_rows(self, now: float) -> list[ActivityRow]:
        """Build the rows of what other desks have done."""
        return [
            build_team_row(entry, now, *self.customer_of(entry))
            for entry in self.team_loader.rows()
        ]

    def customer_of(self, entry: TeamEntry) -> tuple[str, str]:
        """Return id and name of an entry's customer, as far as they are kept here."""
        target = self._target_of_other(entry)
        return ("", "") if target is None else (target[1], self._names.get(target, ""))

    # One row.

    def describe(self, row_id: str, now: float) -> str:
        """Format everything about a row as text, to be copied; "" where there is none."""
        if (entry := self.sync_audit_loader.find(row_id)) is not None:
            return format_sync_row_text(entry, now)
        if (other := self.team_loader.find(row_id)) is not None:
            return format_team_row_text(other, now, self.customer_of(other)[0])
        if (difference := self.difference_loader.find(row_id)) is not None:
            return difference_text(difference, now)
        edit = self.edit_loader.find(row_id)
        return "" if edit is None else format_detail_text(edit, self.build_row(edit, now))

    def customer_query(self, row_id: str) -> str:
        """Return the query by which the search field finds the customer of a row, or ""."""
        if (entry := self.sync_audit_loader.find(row_id)) is not None:
            return customer_query_for_sync_row(entry)
        if (other := self.team_loader.find(row_id)) is not None:
            target = self._target_of_other(other)
            return record_query(*target) if target is not None else ""
        if (difference := self.difference_loader.find(row_id)) is not None:
            return customer_query_for_difference(difference)
        edit = self.edit_loader.find(row_id)
        return customer_query_for_edit(edit) if edit is not None else ""

    def _target_of_other(self, entry: TeamEntry) -> _Target | None:
        """Return whose record an entry of another desk is about, where they are kept here."""
        services = {service.value: service for service in Service}
        service, target = services.get(entry.service), self.team_loader.customer_of(entry)
        return (service, target) if service is not None and target else None

    def build_row(self, edit: Edit, now: float) -> ActivityRow:
        """Build the Activity row of an edit as it stands at `now` (Unix seconds)."""
        return build_activity_row(
            edit,
            now,
            settled=self.edit_loader.is_settled(edit),
            customer_name=self._names.get(_target_of(edit), ""),
            states=self.workspace.service_states,
            pause=self.edit_loader.active_pauses.get(edit.id),
        )


def _target_of(edit: Edit) -> _Target:
    return edit.request.target.service, edit.request.target.id


def _target_of_entry(entry: AuditEntry) -> _Target | None:
    """Return whose record an Activity row's audit entry is about; None for one of a plan."""
    services = {service.value: service for service in Service}
    service = services.get(entry.service)
    return None if service is None or entry.kind != "sync" else (service, entry.target)


def _sort_rows(rows: Sequence[ActivityRow], order: ActivityOrder) -> list[ActivityRow]:
    """Put Activity's rows, which are the newest first, into an order."""
    if order is ActivityOrder.OLDEST:
        return list(reversed(rows))
    if order is ActivityOrder.CUSTOMER:
        return sorted(rows, key=lambda row: fold_text(row.customer_name or row.customer))
    if order is ActivityOrder.STATE:
        return sorted(rows, key=lambda row: row.state)
    return list(rows)
