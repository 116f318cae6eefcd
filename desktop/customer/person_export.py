"""Collects everything that is known of one person, in both services and on this computer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desktop.clients.sell.person_record_export import SellRecordExport
from desktop.clients.zendesk.event_calls import ZendeskEventCalls
from desktop.clients.zendesk.person_record_export import ZendeskRecordExport
from desktop.customer.erasure_check import read_addresses, read_profiles
from desktop.customer.person_export_html import render_person_page
from desktop.customer.service_clients import ServiceClients
from desktop.kit.clock import Clock, iso_timestamp
from desktop.kit.errors import Forbidden, NotFound, NotPermitted
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.permission import Actor, Permission, PermissionRules, check_role
from desktop.store.customer_erasure import find_customer_ids
from desktop.store.data_workspace_erasure import find_kept_people
from desktop.store.data_workspace_store import DataStore
from desktop.store.kept_person_export_rows import read_kept_person_rows
from desktop.store.person_export_rows import read_person_rows
from desktop.store.workspace_store import WorkspaceStore

_NOTES = (
    "Zendesk leaves tickets that it has archived out of some lists: see there as well.",
    "Zendesk tells the newest events of a user alone.",
    "Sailthru tells the last ten sends alone, and of purchases the last ten.",
    "Sailthru's login cookie is left out: it signs in as the customer.",
    "Files attached to comments are named by their addresses; they are not copied.",
)


@dataclass(frozen=True)
class PersonExport:
    """Everything known of one person as JSON; `counts` by system, `notes` what is not in it."""

    document: Mapping[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """How many records of each system the person's export holds."""
        zendesk, here = self.document["zendesk"], self.document["this_computer"]
        sell = self.document["sell"]
        rows = [len(found) for tables in here.values() for found in tables.values()]
        return {
            "zendesk_users": len(zendesk["users"]),
            "zendesk_tickets": len(zendesk["tickets"]),
            "zendesk_comments": sum(len(one["comments"]) for one in zendesk["tickets"]),
            "zendesk_events": len(zendesk["events"]),
            "sailthru_profiles": len(self.document["sailthru"]["profiles"]),
            # Optional: not named where it is not connected.
            **({"sell_records": sum(map(len, sell.values()))} if sell is not None else {}),
            "rows_here": sum(rows),
        }

    @property
    def notes(self) -> Sequence[str]:
        """What the person's export does not hold, as sentences."""
        notes: Sequence[str] = self.document["notes"]
        return notes

    def render_page(self) -> str:
        """Render the person's export as one HTML page that loads nothing."""
        return render_person_page(self.document)


class PersonExportService:
    """Reads a person's export: admins alone, also while changes are switched off."""

    def __init__(
        self,
        services: Callable[[], ServiceClients],
        store: WorkspaceStore,
        clock: Clock,
        actor: Callable[[], Actor],
        rules: Callable[[], PermissionRules],
        get_data_store: Callable[[], DataStore | None],
    ) -> None:
        """`get_data_store` opens what is kept of everybody; None where nothing ever was."""
        self._get_data_store = get_data_store
        self._services = services
        self._store = store
        self._clock = clock
        self._actor = actor
        self._rules = rules

    def require_right(self) -> None:
        """Raise NotPermitted where the person at work may not export what is known of people."""
        decision = check_role(Permission.PRIVACY, self._actor(), self._rules())
        if not decision.is_allowed:
            raise NotPermitted("Exporting a person's data is not allowed.", decision.reason)

    async def read(self, sheet: CustomerSheet) -> PersonExport:
        """Read everything known of the sheet's person.

        What a service refuses to this admin or key is among the notes. Raises the error of one
        that does not answer: half an export must not look like a whole one.
        """
        self.require_right()
        clients, refused = self._services(), list[str]()
        zendesk = await self._read_zendesk(sheet, clients, refused)
        sailthru = await self._read_sailthru(sheet, clients, refused)
        sell = await self._read_sell(sheet, clients, refused)
        here = await self._store.run(self._read_here, sheet, sailthru)
        return PersonExport(
            {
                "made_at": iso_timestamp(self._clock.now()),
                "made_by": self._actor().name,
                "asked": sheet.query.value,
                "zendesk": zendesk,
                "sailthru": sailthru,
                "sell": sell,
                "this_computer": here,
                "notes": [*_NOTES, *refused],
            }
        )

    async def _read_zendesk(
        self, sheet: CustomerSheet, clients: ServiceClients, refused: list[str]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {"users": [], "tickets": [], "events": []}
        user = sheet.user.value
        if clients.zendesk is None:
            refused.append("Zendesk is not connected: nothing of it is in here.")
        if user is None or clients.zendesk is None:
            return found
        records = ZendeskRecordExport(clients.zendesk)
        found["users"].append(await records.read_user(user.id))
        try:
            async for ticket in records.iter_tickets(user.id):
                found["tickets"].append(ticket)
        except (Forbidden, NotFound) as error:
            refused.append(f"Not all tickets could be read: {error.title}")
        try:
            found["events"] = await ZendeskEventCalls(clients.zendesk).list_user_events(user.id)
        except (Forbidden, NotFound) as error:
            refused.append(f"Events in Zendesk could not be read: {error.title}")
        return found

    async def _read_sailthru(
        self, sheet: CustomerSheet, clients: ServiceClients, refused: list[str]
    ) -> dict[str, Any]:
        if clients.sailthru is None:
            refused.append("Sailthru is not connected: nothing of it is in here.")
            return {"profiles": []}
        profiles = []
        for profile in await read_profiles(sheet, clients, read_addresses(sheet)):
            try:
                profiles.append(await clients.sailthru.read_records(profile.sid, profile.email))
            except Forbidden as error:
                refused.append(f"A profile could not be read whole: {error.title}")
        return {"profiles": profiles}

    async def _read_sell(
        self, sheet: CustomerSheet, clients: ServiceClients, refused: list[str]
    ) -> Mapping[str, Any] | None:
        """Read what Zendesk Sell has of a person; None where it is not connected."""
        if clients.sell is None:
            return None
        try:
            return await SellRecordExport(clients.sell).read_person(read_addresses(sheet))
        except (Forbidden, NotFound) as error:
            refused.append(f"Zendesk Sell could not be read: {error.title}")
            return {}

    def _read_here(self, sheet: CustomerSheet, sailthru: Mapping[str, Any]) -> dict[str, Any]:
        """Read what the workspace's files hold of a person; runs on the database's thread."""
        sids = [str(one["user"]["keys"]["sid"]) for one in sailthru["profiles"]]
        fairlead, mirror = self._store.fairlead_db, self._store.mirror_db
        known, everybody = {*sheet.target_ids, *sids}, self._get_data_store()
        if everybody is None:
            return read_person_rows(fairlead, mirror, find_customer_ids(fairlead, mirror, known))
        data, history = everybody.data_db, everybody.history_db
        users, profiles = find_kept_people(data, history, known)
        ids = find_customer_ids(fairlead, mirror, {*known, *map(str, users), *profiles})
        return {
            **read_person_rows(fairlead, mirror, ids),
            **read_kept_person_rows(data, history, map(int, ids.users), ids.sids),
        }
