"""Everything Zendesk holds now: changed records over generated ones, and the ways to find them."""

import re
from collections.abc import Iterator

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.record_table import RecordTable
from desktop.sandbox.state import SandboxState
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.record_factories import make_comment_record
from desktop.sandbox.zendesk.seed_data import (
    FIRST_GENERATED_TICKET_ID,
    FIRST_GENERATED_USER_ID,
    TICKET_IDS_PER_USER,
    ZendeskSeedData,
)

FIRST_NEW_USER_ID = 40_000_000_000
FIRST_NEW_ORGANIZATION_ID = 9001
_PHONE = re.compile(r"\+?[\d\s().\-]{5,}")
_TOKEN_KINDS = ("code", "access", "refresh")


def _normalise_identity(value: str) -> str:
    """Return an address in lower case, or a phone number without what people put between."""
    text = value.strip().casefold()
    return f"+{re.sub(r'[^0-9]', '', text)}" if _PHONE.fullmatch(text) else text


def _no_seed_record(_key: int | str) -> JsonObject | None:
    return None


class ZendeskRepository:
    """The tables of one Zendesk account and their indexes."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.seed_data = ZendeskSeedData(state.generated_people)
        shelf, now = state.store, state.now
        self.users: RecordTable[int] = RecordTable("zendesk.user", shelf, self.seed_data.user, now)
        self.tickets: RecordTable[int] = RecordTable(
            "zendesk.ticket", shelf, self.seed_data.ticket, now
        )
        self.organizations: RecordTable[int] = RecordTable(
            "zendesk.organization", shelf, self.seed_data.organization, now
        )
        self.user_fields: RecordTable[int] = RecordTable(
            "zendesk.user_field", shelf, self._seed_user_field, now
        )
        self.jobs: RecordTable[str] = RecordTable("zendesk.job", shelf, _no_seed_record, now)
        self.tokens: RecordTable[str] = RecordTable("zendesk.token", shelf, _no_seed_record, now)
        self.idempotency_keys: RecordTable[str] = RecordTable(
            "zendesk.idempotency", shelf, _no_seed_record, now
        )
        self.viewed_ticket_ids: list[int] = []
        # "stuck-job" or "failed-job" while a request with that fault is served.
        self.job_fault = ""
        # E-mail, phone or external id in lower case → users that were ever found under it.
        self._user_ids_by_identity: dict[str, set[int]] = {}
        self._ticket_ids_by_requester: dict[int, set[int]] = {}
        self._next_ids: dict[str, int] = {}
        for user_id in self.seed_data.fixture_people:
            self._index_user(user_id, None, self.seed_data.user(user_id))
        self.users.on_change = self._index_user
        self.tickets.on_change = self._index_ticket
        for table in (self.users, self.tickets, self.organizations, self.user_fields):
            table.restore(int)
        for by_text in (self.jobs, self.tokens, self.idempotency_keys):
            by_text.restore(str)
        self.viewed_ticket_ids = shelf.get("zendesk", "viewed", [])

    # Numbers

    def next_id(self, kind: str, first: int) -> int:
        """Return a fresh id that is kept over restarts."""
        if kind not in self._next_ids:
            self._next_ids[kind] = self.state.store.get("zendesk.next", kind, first)
        number = self._next_ids[kind]
        self._next_ids[kind] = number + 1
        self.state.store.put("zendesk.next", kind, number + 1)
        return number

    def new_user_id(self) -> int:
        """Return an id for a new user."""
        return self.next_id("user", FIRST_NEW_USER_ID)

    def new_ticket_id(self) -> int:
        """Return an id above every generated ticket's."""
        return self.next_id(
            "ticket",
            FIRST_GENERATED_TICKET_ID + TICKET_IDS_PER_USER * self.state.generated_people.size + 1,
        )

    def new_organization_id(self) -> int:
        """Return an id for a new organization."""
        return self.next_id("organization", FIRST_NEW_ORGANIZATION_ID)

    # User fields

    def _seed_user_field(self, field_id: int) -> JsonObject | None:
        if field_id != 7301 or not self.state.account.sync_field:
            return None
        at = format_iso_utc(self.state.calendar.reference_time - 400 * 86_400)
        return {
            "id": 7301,
            "type": "checkbox",
            "key": "sync_to_sailthru",
            "title": "Sync to Sailthru",
            "description": "",
            "raw_title": "Sync to Sailthru",
            "raw_description": "",
            "position": 0,
            "active": True,
            "system": False,
            "regexp_for_validation": None,
            "tag": None,
            "created_at": at,
            "updated_at": at,
        }

    def all_user_fields(self) -> list[JsonObject]:
        """Return the definitions in order."""
        first = [] if 7301 in self.user_fields.overrides else [self._seed_user_field(7301)]
        kept = [record for _, record in self.user_fields.existing_overrides()]
        return sorted((field for field in (*first, *kept) if field), key=lambda it: int(it["id"]))

    # Users

    def _index_user(
        self, user_id: int, _before: JsonObject | None, after: JsonObject | None
    ) -> None:
        if after is None:
            return
        for identity in after["_identities"]:
            self._user_ids_by_identity.setdefault(
                _normalise_identity(identity["value"]), set()
            ).add(user_id)
        if after["external_id"]:
            # Case-insensitive (contract 3).
            key = f"external {after['external_id'].casefold()}"
            self._user_ids_by_identity.setdefault(key, set()).add(user_id)

    def save_user(self, user: JsonObject) -> JsonObject:
        """Store a user as of now."""
        now = self.state.now()
        user["updated_at"] = format_iso_utc(now)
        user["_at"] = now
        self.users.put(user["id"], user)
        return user

    def existing_user(self, user_id: int) -> JsonObject | None:
        """Return a user that was not deleted."""
        user = self.users.get(user_id)
        return user if user is not None and user["active"] else None

    def user_by_identity(self, value: str) -> JsonObject | None:
        """Return whoever has this e-mail address or phone number."""
        wanted = _normalise_identity(value)
        numbers = set(self._user_ids_by_identity.get(wanted, ()))
        index = self.state.generated_people.index_by_email(wanted)
        if index is None and wanted.startswith("+"):
            index = self.state.generated_people.index_by_phone(wanted)
        if index is not None and index < self.state.generated_people.size:
            numbers.add(FIRST_GENERATED_USER_ID + index)
        for number in sorted(numbers):
            user = self.existing_user(number)
            if user and any(_normalise_identity(i["value"]) == wanted for i in user["_identities"]):
                return user
        return None

    def user_by_external_id(self, external_id: str) -> JsonObject | None:
        """Return whoever has this external id, whatever its case."""
        wanted = external_id.casefold()
        numbers = set(self._user_ids_by_identity.get(f"external {wanted}", ()))
        if (
            re.fullmatch(r"shop-\d{7}", wanted)
            and int(wanted[5:]) < self.state.generated_people.size
        ):
            numbers.add(FIRST_GENERATED_USER_ID + int(wanted[5:]))
        for number in sorted(numbers):
            user = self.existing_user(number)
            if user and (user["external_id"] or "").casefold() == wanted:
                return user
        return None

    def user_ids(self) -> list[int | range]:
        """Return every user id ever given, the crowd's as one range."""
        added = range(FIRST_NEW_USER_ID, self._peek_next_id("user", FIRST_NEW_USER_ID))
        return [*self.seed_data.user_ids(), added]

    def _peek_next_id(self, kind: str, first: int) -> int:
        if kind not in self._next_ids:
            self._next_ids[kind] = self.state.store.get("zendesk.next", kind, first)
        return self._next_ids[kind]

    # Tickets

    def _index_ticket(
        self, ticket_id: int, _before: JsonObject | None, after: JsonObject | None
    ) -> None:
        if after is not None:
            self._ticket_ids_by_requester.setdefault(after["requester_id"], set()).add(ticket_id)

    def save_ticket(self, ticket: JsonObject, *, event: bool = True) -> JsonObject:
        """Store a ticket; `updated_at` moves only with a ticket event (contract 4)."""
        now = self.state.now()
        if event:
            ticket["updated_at"] = format_iso_utc(now)
        ticket["generated_timestamp"] = int(now)
        ticket["_at"] = now
        self.tickets.put(ticket["id"], ticket)
        return ticket

    def existing_ticket(self, ticket_id: int) -> JsonObject | None:
        """Return a ticket that was not deleted."""
        ticket = self.tickets.get(ticket_id)
        return ticket if ticket is not None and ticket["status"] != "deleted" else None

    def tickets_requested_by(self, user_id: int) -> Iterator[JsonObject]:
        """Return what somebody wrote."""
        numbers = {
            *self.seed_data.ticket_ids_of(user_id),
            *self._ticket_ids_by_requester.get(user_id, ()),
        }
        for number in sorted(numbers):
            ticket = self.existing_ticket(number)
            if ticket is not None and ticket["requester_id"] == user_id:
                yield ticket

    def comments(self, ticket: JsonObject) -> list[JsonObject]:
        """Return a ticket's comments, oldest first."""
        kept = ticket.get("_comments")
        return list(kept) if kept is not None else self.seed_data.comments(ticket)

    def add_comment(
        self, ticket: JsonObject, author_id: int, body: str, *, public: bool
    ) -> JsonObject:
        """Put a comment on a draft of a ticket."""
        comments = self.comments(ticket)
        comment = make_comment_record(
            ticket["id"], len(comments) + 1, author_id, body, public=public, at=self.state.now()
        )
        ticket["_comments"] = [*comments, comment]
        return comment

    # Organizations

    def organization_ids(self) -> list[int]:
        """Return every organization id ever given."""
        last = self._peek_next_id("organization", FIRST_NEW_ORGANIZATION_ID)
        return [*self.seed_data.organization_ids(), *range(FIRST_NEW_ORGANIZATION_ID, last)]

    def all_organizations(self) -> list[JsonObject]:
        """Return the organizations there are."""
        found = (self.organizations.get(number) for number in self.organization_ids())
        return [record for record in found if record is not None]

    # Played from outside

    def view_ticket(self, ticket_id: int) -> bool:
        """Play an agent opening a ticket."""
        if self.existing_ticket(ticket_id) is None:
            return False
        self.viewed_ticket_ids = [
            ticket_id,
            *(it for it in self.viewed_ticket_ids if it != ticket_id),
        ][:20]
        self.state.store.put("zendesk", "viewed", self.viewed_ticket_ids)
        return True

    def expire_tokens(self) -> int:
        """Let every access token expire now; refresh tokens stay."""
        count = 0
        for key, token in list(self.tokens.existing_overrides()):
            if key.startswith("access ") and token["expires"] > self.state.now():
                self.tokens.put(key, {**token, "expires": self.state.now() - 1})
                count += 1
        return count

    def count_tokens(self) -> dict[str, int]:
        """Count what OAuth has given out and not taken back or let expire."""
        now = self.state.now()
        live = [key for key, token in self.tokens.existing_overrides() if token["expires"] > now]
        return {kind: sum(key.startswith(kind) for key in live) for kind in _TOKEN_KINDS}
